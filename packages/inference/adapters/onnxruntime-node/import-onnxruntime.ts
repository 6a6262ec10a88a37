import { KedgeError } from "@kedge/core";
import { inferenceCodes as codes } from "../../src/index.js";

/** The part of the package that this adapter uses. */
export type Onnxruntime = typeof import("onnxruntime-node");

/** Imports onnxruntime-node when it is first needed: an agent that runs another runtime need not have it. */
export async function importOnnxruntime(): Promise<Onnxruntime> {
  try {
    const ort = await import("onnxruntime-node");
    // The library would otherwise write warnings on the program's standard error.
    ort.env.logLevel = "fatal";
    return ort;
  } catch (cause) {
    throw new KedgeError(codes.runtimeMissing, "loading onnxruntime-node failed", {
      hint: "install it beside the agent: npm install onnxruntime-node@1.30.0 --ignore-scripts (linux x64 or arm64 with glibc, macOS arm64, Windows)",
      context: { exit: "config" },
      cause,
    });
  }
}
