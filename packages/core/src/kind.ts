/**
 * One implementation of a port, as lists of kinds carry it: `kind` names it in configurations, `summary` says in one
 * sentence what it does, `config` is its schema (zod), `create` makes it.
 */
export interface Kind<Schema, Config, Deps, Port> {
  readonly kind: string;
  readonly summary: string;
  readonly config: Schema;
  create(config: Config, deps: Deps): Port;
}
