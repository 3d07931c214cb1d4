import type { NodeParts } from './parts.ts'
import { ringRows } from './swarm-turn.ts'

/** What the operator should know about this node, one line each, for status, inspect and the start of `axd`. */
export function nodeWarnings(parts: NodeParts): string[] {
  const settings = parts.settings.effective()
  const lines = [
    ...parts.settings.warnings(),
    ...parts.lists.warnings(),
    ...parts.government.warnings(),
    ...parts.teams.warnings(),
    ...parts.invites.warnings(),
  ]
  if (parts.swarmKey.published)
    lines.push('The swarm key is published: everybody can reach this swarm. For tests only.')
  if (settings.admin.allowRemoteUnauthenticated && !settings.admin.requireAuthentication) {
    lines.push('admin/allowRemoteUnauthenticated is on: everybody who reaches port 4458 administers this node.')
  }
  for (const { peer, name, list } of parts.lists.gateStatus().differing) {
    lines.push(`Node "${name}" (${peer}) has another list of ${list} nodes: ax permissioned diff`)
  }
  lines.push(...olderKeys(parts))
  return lines
}

/** A rotation that has not ended, and what still stands in its way: seen from the connections of this node. */
function olderKeys(parts: NodeParts): string[] {
  return ringRows(parts)
    .filter(({ newest }) => !newest)
    .map(({ fingerprint, peers }) =>
      peers.length > 0
        ? `The older swarm key ${fingerprint} is still used by ${peers.join(', ')}.`
        : `No connection of this node uses the older swarm key ${fingerprint}: ax swarms retire ${fingerprint}`,
    )
}
