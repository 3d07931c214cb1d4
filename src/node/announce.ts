import { swarmKeyFingerprint } from '../keys/index.ts'
import type { HyraxNode } from './node.ts'

/** What `axd` says at start, one line each: identity, swarm key, addresses, both gates, and loudly what is open. */
export function announce(node: HyraxNode, say: (line: string) => void): void {
  const { parts } = node
  const settings = parts.settings.effective()
  const addresses = parts.doors.addresses()
  say(`PeerId: ${parts.identity.peer}`)
  const [fingerprint, ...older] = parts.swarmKey.keys.map(swarmKeyFingerprint)
  say(`Swarm key fingerprint: ${fingerprint ?? ''}`)
  for (const accepted of older) say(`Swarm key also accepted: ${accepted}`)
  for (const address of parts.swarm.addresses()) say(`Swarm: ${address}`)
  for (const address of addresses.admin) say(`Admin: ${address}`)
  say(`Socket: ${parts.options.socketPath}`)
  for (const address of addresses.http) say(`HTTP API: ${address}`)
  const { authorizedKeys, requireAuthentication, allowRemoteUnauthenticated } = settings.admin
  say(
    requireAuthentication
      ? `Authentication: required (${String(authorizedKeys.length)} authorized keys)`
      : 'Authentication: not required from this machine; other machines need an authorized key',
  )
  if (allowRemoteUnauthenticated && !requireAuthentication) {
    say('WARNING: admin/allowRemoteUnauthenticated is on: everybody who reaches port 4458 administers this node.')
  }
  const gate = parts.lists.gateStatus()
  say(
    gate.permissioned
      ? `Permissioned: yes (${String(gate.lists.permissioned.peers.length)} peers listed)`
      : 'Permissioned: no',
  )
  for (const warning of parts.warnings()) say(`WARNING: ${warning}`)
  say('Ready.')
}
