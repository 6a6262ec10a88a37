/** Who somebody is to the API, most first. Each may do all that the next one may. */
export const roles = ["admin", "operator", "viewer"] as const;

/** One of {@link roles}: admins make tokens and devices, operators act on the fleet, viewers read. */
export type Role = (typeof roles)[number];

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}

/** Whether `role` may do what `least` may. The route table of @kedge/api says for each route which role that is. */
export function mayActAs(role: Role, least: Role): boolean {
  return roles.indexOf(role) <= roles.indexOf(least);
}
