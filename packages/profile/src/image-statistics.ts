/** Names of the image features, in the order in which {@link imageStatistics} writes them. */
export const imageFeatures = ["brightness", "contrast", "sharpness", "edge_energy", "center_x", "center_y"] as const;

/** Raw pixels, row by row, channels last. */
export type Pixels = Uint8Array | Float32Array | Int32Array;

/** The grey value of a pixel: the mean of its channels, on a scale of 0 to 1 for bytes and as it stands otherwise. */
function grey(pixels: Pixels, index: number, channels: number, scale: number): number {
  let sum = 0;
  for (let c = 0; c < channels; c += 1) sum += pixels[index * channels + c] as number;
  return (sum / channels) * scale;
}

/**
 * Cheap statistics of one image, written to `out` (6 numbers), nothing allocated:
 * - brightness: mean grey; contrast: its standard deviation;
 * - sharpness: variance of the 4-neighbour Laplacian (Pech-Pacheco et al. 2000), falls with blur;
 * - edge_energy: mean squared gradient by forward differences;
 * - center_x, center_y: where the light is, in pixels from the top left; NaN for an all-black image.
 * A knocked camera shows in the centre, a dirty or unfocused lens in sharpness, a failing light in brightness.
 */
export function imageStatistics(
  pixels: Pixels,
  shape: { readonly width: number; readonly height: number; readonly channels: number },
  out: Float64Array,
): void {
  const { width, height, channels } = shape;
  const scale = pixels instanceof Uint8Array ? 1 / 255 : 1;
  let sum = 0;
  let squares = 0;
  let sumX = 0;
  let sumY = 0;
  let edges = 0;
  let laplace = 0;
  let laplaceSquares = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const i = y * width + x;
      const g = grey(pixels, i, channels, scale);
      sum += g;
      squares += g * g;
      sumX += g * x;
      sumY += g * y;
      if (x + 1 < width && y + 1 < height) {
        const right = grey(pixels, i + 1, channels, scale);
        const below = grey(pixels, i + width, channels, scale);
        edges += (right - g) * (right - g) + (below - g) * (below - g);
        if (x > 0 && y > 0) {
          const l = right + below + grey(pixels, i - 1, channels, scale) + grey(pixels, i - width, channels, scale) - 4 * g;
          laplace += l;
          laplaceSquares += l * l;
        }
      }
    }
  }
  const n = width * height;
  const inner = Math.max(1, (width - 2) * (height - 2));
  const mean = sum / n;
  const laplaceMean = laplace / inner;
  out[0] = mean;
  out[1] = Math.sqrt(Math.max(0, squares / n - mean * mean));
  out[2] = Math.max(0, laplaceSquares / inner - laplaceMean * laplaceMean);
  out[3] = edges / Math.max(1, (width - 1) * (height - 1));
  out[4] = sumX / sum;
  out[5] = sumY / sum;
}
