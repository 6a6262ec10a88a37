import type { Steps } from "@kedge/drift";

/** Does work on a whole fleet so that messages are taken and answered between its steps. */
export async function withPauses<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
