/** Names of the image features, in the order in which {@link imageStatistics} writes them. */
export const imageFeatures = ["brightness", "contrast", "sharpness", "edge_energy", "center_x", "center_y", "upright", "slant"] as const;

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

/** Sharpness, edge energy and the direction of edges. */
function edges(grey: Float64Array, { width, height }: ImageShape, out: Float64Array): void {
  let energy = 0;
  let sum = 0;
  let squares = 0;
  let across = 0;
  let down = 0;
  let both = 0;
  for (let y = 0; y + 1 < height; y += 1) {
    for (let x = 0; x + 1 < width; x += 1) {
      const i = y * width + x;
      const g = grey[i] as number;
      const right = grey[i + 1] as number;
      const below = grey[i + width] as number;
      energy += (right - g) * (right - g) + (below - g) * (below - g);
      if (x === 0 || y === 0) continue;
      const left = grey[i - 1] as number;
      const above = grey[i - width] as number;
      const laplacian = right + below + left + above - 4 * g;
      sum += laplacian;
      squares += laplacian * laplacian;
      // Central differences: forward ones share the pixel between them, whose noise would pass for a slant.
      const dx = right - left;
      const dy = below - above;
      across += dx * dx;
      down += dy * dy;
      both += dx * dy;
    }
  }
  const inner = Math.max(1, (width - 2) * (height - 2));
  const mean = sum / inner;
  out[2] = Math.max(0, squares / inner - mean * mean);
  out[3] = energy / Math.max(1, (width - 1) * (height - 1));
  // NaN where there is no edge, as a centre is where there is no light.
  out[6] = (across - down) / (across + down);
  out[7] = (2 * both) / (across + down);
}

/**
 * Shrinks a grey image to `side` × `side` means of its parts, written to `out`. Small, because what a knock, a turn or another scene changes
 * shows in the coarse picture, and because a sketch of 64 numbers costs a device little.
 */
export function shrink(grey: Float64Array, { width, height }: ImageShape, side: number, out: Float64Array): void {
  // Pixel x belongs to part ⌊x · side / width⌋; these are the parts' first pixels.
  const first = (part: number, length: number): number => Math.ceil((part * length) / side);
  for (let row = 0; row < side; row += 1) {
    const [top, bottom] = [first(row, height), first(row + 1, height)];
    for (let column = 0; column < side; column += 1) {
      const [left, right] = [first(column, width), first(column + 1, width)];
      let sum = 0;
      for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) sum += grey[y * width + x] as number;
      out[row * side + column] = sum / ((bottom - top) * (right - left));
    }
  }
}

/**
 * Cheap statistics of one image, written to `out` (8 numbers); with a `grey` buffer of width · height numbers, nothing is allocated:
 * - brightness: mean grey; contrast: its standard deviation;
 * - sharpness: variance of the 4-neighbour Laplacian (Pech-Pacheco et al. 2000), falls with blur;
 * - edge_energy: mean squared gradient by forward differences;
 * - center_x, center_y: where the light is, in pixels from the middle of the top left one; NaN for an image that is all black.
 * - upright, slant: direction of the edges, by the structure tensor (Bigün & Granlund 1987): its coherence times the cosine and the sine of
 *   twice the angle between the gradient and the x axis, each −1 to 1. A picture turned by φ turns this pair by 2φ. NaN without an edge.
 * A knocked camera shows in the centre, a turned one in the slant, a dirty or unfocused lens in sharpness, a failing light in brightness. A
 * pixel that is NaN or infinite makes what it touches so.
 */
export function imageStatistics(pixels: Pixels, shape: ImageShape, out: Float64Array, grey: Float64Array = new Float64Array(shape.width * shape.height)): void {
  toGrey(pixels, shape.channels, grey);
  light(grey, shape, out);
  edges(grey, shape, out);
}
