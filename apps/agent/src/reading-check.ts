import { type AnomalyTally, createAnomalyTally, type Profile, withAnomalies } from "@kedge/profile";
import { type Anomaly, createSchemaChecker, type InputSchema, type Reading, refusalOf, type SchemaChecker } from "@kedge/sensor";

/** A reading that the bundle's schema says must not be predicted. `input` is the field at fault. */
export interface SchemaRefused {
  readonly kind: "rejected";
  readonly code: "agent/schema-refused";
  readonly message: string;
  readonly input: string;
}

const clean: readonly Anomaly[] = [];

/** Holds readings against a bundle's schema, and counts what they break into its windows. Memory is fixed by the schema; without one all is well. */
export class ReadingCheck {
  readonly #schema: InputSchema | undefined;
  readonly #checker: SchemaChecker | undefined;
  readonly #tally: AnomalyTally = createAnomalyTally();

  constructor(schema: InputSchema | undefined) {
    this.#schema = schema;
    this.#checker = schema === undefined ? undefined : createSchemaChecker(schema);
  }

  /** What a reading breaks. Each is looked at once, in the order they come: equal values and times are held against those before. */
  look(reading: Reading, nowMs: number): readonly Anomaly[] {
    return this.#checker?.check(reading, nowMs) ?? clean;
  }

  /** Why a reading that breaks this must not be predicted; `undefined` when it may. */
  refusal(anomalies: readonly Anomaly[]): SchemaRefused | undefined {
    const broken = this.#schema === undefined ? undefined : refusalOf(this.#schema, anomalies);
    if (broken === undefined) return undefined;
    const message = `the reading breaks the rule "${broken.rule}" of the bundle's schema at "${broken.field}", which refuses such readings`;
    return { kind: "rejected", code: "agent/schema-refused", message, input: broken.field };
  }

  /** Counts a reading's anomalies, together with the reading itself: a window must not hold more of them than readings. */
  count(anomalies: readonly Anomaly[]): void {
    this.#tally.add(anomalies);
  }

  /** The profile with what was counted since the last. */
  into(profile: Profile): Profile {
    return withAnomalies(profile, this.#tally.take());
  }
}
