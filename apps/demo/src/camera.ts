import { type Agent, request } from "node:http";
import { type Frame, type FrameTransform, transformFrame } from "./frame-transform.js";

/** A camera beside one agent: shows its frames in turn and hands each to the agent's loopback address. */
export interface Camera {
  readonly name: string;
  readonly port: number;
  readonly frames: readonly Frame[];
}

/** What the cameras have done so far. */
export interface CameraCounts {
  sent: number;
  answered: number;
  refused: number;
  /** Frames that were due while the previous answer was still awaited. */
  skipped: number;
}

/** One `POST` of raw pixels to an agent's predict address; resolves with the status and the JSON answer. */
export function postFrame(port: number, pixels: Uint8Array, agent: Agent, query = ""): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: "127.0.0.1",
        port,
        path: `/v1/predict${query}`,
        method: "POST",
        agent,
        headers: { "content-type": "application/octet-stream", "content-length": pixels.length },
        timeout: 10_000,
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part: string) => {
          text += part;
        });
        answer.on("end", () => {
          try {
            resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) });
          } catch (error) {
            reject(error);
          }
        });
        answer.on("error", reject);
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer in 10 s")));
    call.on("error", reject);
    call.end(pixels);
  });
}

/** Drives all cameras at `framesPerSecond` each until stopped. A camera waits for its agent: it never has two frames on the way. */
export class CameraRig {
  readonly #transforms = new Map<string, FrameTransform>();
  readonly #cameras: readonly Camera[];
  readonly #agent: Agent;
  readonly #timers: NodeJS.Timeout[] = [];
  #isPaused = false;
  readonly counts: CameraCounts = { sent: 0, answered: 0, refused: 0, skipped: 0 };

  constructor(cameras: readonly Camera[], agent: Agent) {
    this.#cameras = cameras;
    this.#agent = agent;
  }

  /** From now on the camera sees through `transform`. */
  disturb(name: string, transform: FrameTransform): void {
    this.#transforms.set(name, transform);
  }

  start(framesPerSecond: number): void {
    for (const [index, camera] of this.#cameras.entries()) {
      let next = 0;
      let isBusy = false;
      const tick = (): void => {
        if (this.#isPaused) return;
        if (isBusy) {
          this.counts.skipped += 1;
          return;
        }
        const frame = camera.frames[next % camera.frames.length];
        if (frame === undefined) return;
        next += 1;
        isBusy = true;
        this.counts.sent += 1;
        const seen = transformFrame(frame, this.#transforms.get(camera.name) ?? { kind: "none" });
        postFrame(camera.port, seen.pixels, this.#agent).then(
          ({ status }) => {
            if (status === 200) this.counts.answered += 1;
            else this.counts.refused += 1;
            isBusy = false;
          },
          () => {
            this.counts.refused += 1;
            isBusy = false;
          },
        );
      };
      // Cameras are not in step with one another.
      const timer = setTimeout(() => this.#timers.push(setInterval(tick, 1000 / framesPerSecond)), (index * 1000) / framesPerSecond / this.#cameras.length);
      this.#timers.push(timer);
    }
  }

  /** Shows no frames until resumed. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
