/** Numbers are merged to this many cells before devices or windows are compared: few degrees of freedom, so a small window can speak. */
const orderedCells = 8;
/** And words to this many, the last of them for words that the spec does not know. */
const nominalCells = 16;
/** Words of a spec that keep a cell for themselves: specs name the most frequent first. */
const wordsAlone = 8;

/** How the cells of one feature are merged, the same for everyone who is compared, whatever their references. */
export type CellMap = (cells: readonly number[]) => number[];

function wordPlace(i: number, cells: number): number {
  if (i === cells - 1) return nominalCells - 1;
  return i < wordsAlone ? i : wordsAlone + ((i - wordsAlone) % (nominalCells - 1 - wordsAlone));
}

/** The map for a feature of so many cells. What it gives is the caller's own. */
export function cellMap(cells: number, isOrdered: boolean): CellMap {
  const wanted = isOrdered ? orderedCells : nominalCells;
  if (cells <= wanted) return (given) => given.slice();
  const places = Uint8Array.from({ length: cells }, (_, i) => (isOrdered ? Math.floor((i * orderedCells) / cells) : wordPlace(i, cells)));
  return (given) => {
    const out = new Array<number>(wanted).fill(0);
    for (let i = 0; i < given.length; i += 1) {
      const at = places[i] as number;
      out[at] = (out[at] as number) + (given[i] as number);
    }
    return out;
  };
}
