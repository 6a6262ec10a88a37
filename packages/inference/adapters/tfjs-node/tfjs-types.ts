/**
 * The little of TensorFlow.js that the adapter calls, written out because the package is an optional peer: its own
 * types are not there to compile against when it is not installed.
 */
export interface TfTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  data(): Promise<Float32Array | Int32Array | Uint8Array | string[]>;
  dispose(): void;
}

export interface TfModel {
  readonly inputs: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly (number | null)[] | undefined }[];
  readonly outputs: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly (number | null)[] | undefined }[];
  readonly inputNames?: readonly string[];
  readonly outputNames?: readonly string[];
  predict(inputs: unknown, config?: unknown): unknown;
  dispose(): unknown;
}

export interface Tfjs {
  ready(): Promise<void>;
  tensor(values: unknown, shape: readonly number[], dtype: string): TfTensor;
  loadLayersModel(handler: unknown): Promise<TfModel>;
  loadGraphModel(handler: unknown): Promise<TfModel>;
  readonly io: { fromMemory(artifacts: unknown): unknown };
}
