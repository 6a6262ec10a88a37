/** Who somebody is to the API, most first. Each may do all that the next one may. */
export const roles = ["admin", "operator", "viewer"] as const;

/** One of {@link roles}. */
export type Role = (typeof roles)[number];

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}

/** The least role for each thing that can be asked of a collector. */
const leastRole = {
  "devices:read": "viewer",
  "devices:write": "operator",
  "models:read": "viewer",
  /** Pushing takes no more than this, as the bundle must be signed by a key that the API cannot add. */
  "models:write": "operator",
  "rollouts:read": "viewer",
  "rollouts:write": "operator",
  "drift:read": "viewer",
  "incidents:read": "viewer",
  "incidents:write": "operator",
  /** Subscriptions and silences. Where alerts go may be told by an address that is itself a secret. */
  "alerts:read": "operator",
  "alerts:write": "operator",
  "retrain:read": "viewer",
  "retrain:write": "operator",
  /** Raw readings of devices, such as camera frames. */
  "samples:read": "operator",
  "samples:write": "operator",
  "audit:read": "operator",
  "metrics:read": "viewer",
  /** Whoever makes tokens can make devices, and other admins. */
  "tokens:read": "admin",
  "tokens:write": "admin",
  "config:read": "admin",
} as const satisfies Readonly<Record<string, Role>>;

/** Something that can be asked of a collector: `<resource>:read` or `:write`. */
export type Action = keyof typeof leastRole;

/** Every action. */
export const actions = Object.keys(leastRole) as readonly Action[];

/** Whether the role may do it. */
export function isAllowed(role: Role, action: Action): boolean {
  return roles.indexOf(role) <= roles.indexOf(leastRole[action]);
}
