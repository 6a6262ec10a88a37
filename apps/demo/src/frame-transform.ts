/** A grey image: `pixels` row by row, 0 to 255. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** What happens to a camera. Distances in pixels, angles in degrees, `dim` and `blur` as documented at their function. */
export type FrameTransform =
  | { readonly kind: "none" }
  | { readonly kind: "shift"; readonly dx: number; readonly dy: number }
  | { readonly kind: "rotate"; readonly degrees: number }
  | { readonly kind: "dim"; readonly factor: number }
  | { readonly kind: "blur"; readonly radius: number }
  | { readonly kind: "scratch"; readonly column: number }
  | { readonly kind: "invert" };

function clampByte(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}

function mapPixels(frame: Frame, pixel: (x: number, y: number) => number): Frame {
  const pixels = new Uint8Array(frame.pixels.length);
  for (let y = 0; y < frame.height; y += 1) {
    for (let x = 0; x < frame.width; x += 1) pixels[y * frame.width + x] = clampByte(pixel(x, y));
  }
  return { width: frame.width, height: frame.height, pixels };
}

/** The pixel at (x, y); black outside. */
function at(frame: Frame, x: number, y: number): number {
  if (x < 0 || y < 0 || x >= frame.width || y >= frame.height) return 0;
  return frame.pixels[y * frame.width + x] ?? 0;
}

/** Bilinear value at a point between pixels. */
function between(frame: Frame, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const fx = x - left;
  const fy = y - top;
  return (
    at(frame, left, top) * (1 - fx) * (1 - fy) +
    at(frame, left + 1, top) * fx * (1 - fy) +
    at(frame, left, top + 1) * (1 - fx) * fy +
    at(frame, left + 1, top + 1) * fx * fy
  );
}

function rotated(frame: Frame, degrees: number): Frame {
  const angle = (degrees * Math.PI) / 180;
  const cx = (frame.width - 1) / 2;
  const cy = (frame.height - 1) / 2;
  return mapPixels(frame, (x, y) => {
    const dx = x - cx;
    const dy = y - cy;
    return between(frame, cx + Math.cos(angle) * dx + Math.sin(angle) * dy, cy - Math.sin(angle) * dx + Math.cos(angle) * dy);
  });
}

/** The mean over a square of (2 · radius + 1)² pixels. */
function blurred(frame: Frame, radius: number): Frame {
  return mapPixels(frame, (x, y) => {
    let sum = 0;
    for (let dy = -radius; dy <= radius; dy += 1) for (let dx = -radius; dx <= radius; dx += 1) sum += at(frame, x + dx, y + dy);
    return sum / (2 * radius + 1) ** 2;
  });
}

/** The frame as the camera sees it after `transform`. */
export function transformFrame(frame: Frame, transform: FrameTransform): Frame {
  switch (transform.kind) {
    case "none":
      return frame;
    case "shift":
      return mapPixels(frame, (x, y) => at(frame, x - transform.dx, y - transform.dy));
    case "rotate":
      return rotated(frame, transform.degrees);
    case "dim":
      return mapPixels(frame, (x, y) => at(frame, x, y) * transform.factor);
    case "blur":
      return blurred(frame, transform.radius);
    case "scratch":
      return mapPixels(frame, (x, y) => (Math.abs(x - transform.column - y / 8) < 1 ? 255 : at(frame, x, y)));
    case "invert":
      return mapPixels(frame, (x, y) => 255 - at(frame, x, y));
  }
}
