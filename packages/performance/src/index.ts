export { type Accuracy, type AccuracyQuery, accuracyIn, accuracyOf, type LabelledPrediction } from "./accuracy.js";
