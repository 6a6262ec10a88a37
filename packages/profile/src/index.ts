export type { CategoricalFeatureSpec, FeatureRole, FeatureSpec, NumericFeatureSpec } from "./feature-spec.js";
export type { CategoricalSummary, FeatureSummary, NumericSummary, Profile, ProfileSpec } from "./profile.js";
export type { Column, InputRecipe, Recipe } from "./recipe.js";
export type { ReferenceCohort, ReferenceProfile } from "./reference-profile.js";
export type { Window, WindowKey } from "./window.js";
