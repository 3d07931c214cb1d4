import { cidrHolds, parseCidr, type Settings } from '../settings/index.ts'
import { limits } from '../base/index.ts'
import { sourceOf } from '../host/index.ts'
import { inviteFrameMap, inviteProtocol, syncProtocol } from '../team/index.ts'
import type { NodeParts } from './parts.ts'

/** Joins the parts: what a change in one means for the others. Called once, before the node starts. */
export async function joinParts(parts: NodeParts): Promise<void> {
  const { settings, swarm, teams, events, log, doors, pending } = parts
  settings.onChange((next, changed) => onSettings(parts, next, changed))
  swarm.onWelcome((peer) => {
    events.emit('peers', 'welcomed', { peer: peer.peer, name: peer.name, direction: peer.direction })
    teams.peerWelcomed(peer.peer, peer.binding)
    void parts.peerBook.keep(peer.peer, peer.addrs)
  })
  swarm.onGone((peer) => {
    events.emit('peers', 'gone', { peer })
    teams.peerGone(peer)
  })
  swarm.host.onRefused(({ peer, address, refusal, direction }) => {
    events.emit('pending', 'peer refused', { peer: peer ?? null, address, code: refusal.code, direction })
    if (peer !== undefined && direction === 'inbound' && refusal.code === 'ERR_ACCESS_NOT_PERMISSIONED') {
      pending.note('peer', peer, address)
    }
  })
  await swarm.handle(syncProtocol, (stream) => teams.acceptSync(stream), {
    maxStreams: limits.syncStreamsMax,
    frameBytesMax: limits.syncFrameBytesMax,
  })
  await swarm.handle(inviteProtocol, (stream) => parts.invites.answer(stream, sourceFor(parts, stream.peer)), {
    maxStreams: 1,
    frameBytesMax: limits.inviteFrameBytesMax,
    busy: inviteFrameMap({ t: 'refused', code: 'ERR_TEAM_INVITE_BUSY' }),
  })
  parts.government.apply()
  log.setLevel(parts.options.logLevel ?? settings.effective().log.level)
  doors.applyRules()
}

/** What takes effect at once. Gives notices for the person who made the change. */
function onSettings(parts: NodeParts, next: Settings, changed: readonly string[]): string[] {
  const { lists, swarm, doors, events, options } = parts
  const has = (path: string): boolean => changed.includes(path)
  const notices: string[] = []
  if (changed.length > 0) events.emit('settings', 'changed', { paths: [...changed] })
  if (has('log/level')) parts.log.setLevel(options.logLevel ?? next.log.level)
  if (has('swarm/bootstrapNodes')) swarm.setBootstrap([...options.peers, ...next.swarm.bootstrapNodes])
  if (has('swarm/permissioned')) cutNotice(notices, lists.setPermissioned(next.swarm.permissioned))
  if (has('swarm/governingTeam')) cutNotice(notices, parts.government.apply())
  if (has('admin/requireAuthentication') && !next.admin.requireAuthentication) {
    notices.push('Authentication is no longer required: whoever is on this machine administers the node without a key.')
  }
  if (changed.some((path) => path.startsWith('admin/') || path.startsWith('api/'))) notices.push(...doors.applyRules())
  return notices
}

function cutNotice(notices: string[], cut: { peers: readonly string[]; ms: number }): void {
  if (cut.peers.length > 0) notices.push(`Cut ${String(cut.peers.length)} connections in ${cut.ms.toFixed(1)} ms.`)
}

/** What the attempts of a peer to join are counted by: the address it comes from; behind an exempt one, each for itself. */
function sourceFor({ swarm, settings }: NodeParts, peer: string): string {
  const address = swarm.peers().find((known) => known.peer === peer)?.remoteAddr
  const source = address === undefined ? peer : sourceOf(address)
  const ranges = settings.effective().swarm.exemptSources.flatMap((text) => parseCidr(text) ?? [])
  return ranges.some((range) => cidrHolds(range, source)) ? peer : source
}
