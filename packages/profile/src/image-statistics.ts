/** Names of the image features, in the order in which {@link imageStatistics} writes them. */
export const imageFeatures = ["brightness", "contrast", "sharpness", "edge_energy", "center_x", "center_y"] as const;

/** Raw pixels, row by row, channels last. */
export type Pixels = Uint8Array | Float32Array | Int32Array;

/** The form of an image. */
export interface ImageShape {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Fills `grey` with the mean of each pixel's channels, on a scale of 0 to 1 for bytes and as it stands otherwise. */
function toGrey(pixels: Pixels, channels: number, grey: Float64Array): void {
  const scale = (pixels instanceof Uint8Array ? 1 / 255 : 1) / channels;
  if (channels === 1) {
    for (let i = 0; i < grey.length; i += 1) grey[i] = (pixels[i] as number) * scale;
    return;
  }
  for (let i = 0; i < grey.length; i += 1) {
    let sum = 0;
    for (let c = 0; c < channels; c += 1) sum += pixels[i * channels + c] as number;
    grey[i] = sum * scale;
  }
}

/** Brightness, contrast and centre of the light. */
function light(grey: Float64Array, { width, height }: ImageShape, out: Float64Array): void {
  let sum = 0;
  let squares = 0;
  let weight = 0;
  let sumX = 0;
  let sumY = 0;
  for (let y = 0; y < height; y += 1) {
    let rowWeight = 0;
    for (let x = 0; x < width; x += 1) {
      const g = grey[y * width + x] as number;
      sum += g;
      squares += g * g;
      // Standardised pixels may be negative; a weight may not.
      const w = g > 0 ? g : g * 0;
      rowWeight += w;
      sumX += w * x;
    }
    weight += rowWeight;
    sumY += rowWeight * y;
  }
  const n = width * height;
  const mean = sum / n;
  out[0] = mean;
  out[1] = Math.sqrt(Math.max(0, squares / n - mean * mean));
  // NaN where there is no light: a centre is not invented, so a covered lens is counted as a lack of values.
  out[4] = sumX / weight;
  out[5] = sumY / weight;
}

/** Sharpness and edge energy. */
function edges(grey: Float64Array, { width, height }: ImageShape, out: Float64Array): void {
  let energy = 0;
  let sum = 0;
  let squares = 0;
  for (let y = 0; y + 1 < height; y += 1) {
    for (let x = 0; x + 1 < width; x += 1) {
      const i = y * width + x;
      const g = grey[i] as number;
      const right = grey[i + 1] as number;
      const below = grey[i + width] as number;
      energy += (right - g) * (right - g) + (below - g) * (below - g);
      if (x === 0 || y === 0) continue;
      const laplacian = right + below + (grey[i - 1] as number) + (grey[i - width] as number) - 4 * g;
      sum += laplacian;
      squares += laplacian * laplacian;
    }
  }
  const inner = Math.max(1, (width - 2) * (height - 2));
  const mean = sum / inner;
  out[2] = Math.max(0, squares / inner - mean * mean);
  out[3] = energy / Math.max(1, (width - 1) * (height - 1));
}

/**
 * Shrinks a grey image to `side` × `side` means of its parts, written to `out`. Small, because what a knock, a turn or another scene changes
 * shows in the coarse picture, and because a sketch of 64 numbers costs a device little.
 */
export function shrink(grey: Float64Array, { width, height }: ImageShape, side: number, out: Float64Array): void {
  out.fill(0);
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor((y * side) / height);
    const rows = partLength(row, side, height);
    for (let x = 0; x < width; x += 1) {
      const column = Math.floor((x * side) / width);
      const at = row * side + column;
      out[at] = (out[at] as number) + (grey[y * width + x] as number) / (rows * partLength(column, side, width));
    }
  }
}

/** How many of `length` pixels fall into part `part` of `side`: those x with ⌊x·side/length⌋ = part. */
function partLength(part: number, side: number, length: number): number {
  return Math.ceil(((part + 1) * length) / side) - Math.ceil((part * length) / side);
}

/**
 * Cheap statistics of one image, written to `out` (6 numbers); with a `grey` buffer of width · height numbers, nothing is allocated:
 * - brightness: mean grey; contrast: its standard deviation;
 * - sharpness: variance of the 4-neighbour Laplacian (Pech-Pacheco et al. 2000), falls with blur;
 * - edge_energy: mean squared gradient by forward differences;
 * - center_x, center_y: where the light is, in pixels from the middle of the top left one; NaN for an image that is all black.
 * A knocked camera shows in the centre, a dirty or unfocused lens in sharpness, a failing light in brightness. A pixel that is NaN or
 * infinite makes what it touches so.
 */
export function imageStatistics(pixels: Pixels, shape: ImageShape, out: Float64Array, grey: Float64Array = new Float64Array(shape.width * shape.height)): void {
  toGrey(pixels, shape.channels, grey);
  light(grey, shape, out);
  edges(grey, shape, out);
}
