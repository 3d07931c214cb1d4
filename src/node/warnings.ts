import type { NodeParts } from './parts.ts'

/** What the operator should know about this node, one line each, for status, inspect and the start of `axd`. */
export function nodeWarnings(parts: NodeParts): string[] {
  const settings = parts.settings.effective()
  const lines = [...parts.settings.warnings(), ...parts.lists.warnings(), ...parts.government.warnings(), ...parts.teams.warnings(), ...parts.invites.warnings()]
  if (parts.swarmKey.published)
    lines.push('The swarm key is published: everybody can reach this swarm. For tests only.')
  if (settings.admin.allowRemoteUnauthenticated && !settings.admin.requireAuthentication) {
    lines.push('admin/allowRemoteUnauthenticated is on: everybody who reaches port 4458 administers this node.')
  }
  for (const { name, list } of parts.lists.gateStatus().differing) {
    lines.push(`Node "${name}" has another list of ${list} nodes.`)
  }
  return lines
}
