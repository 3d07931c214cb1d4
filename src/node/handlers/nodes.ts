import { describe } from '../../base/index.ts'
import { axKeyText, nkeyText } from '../../codec/index.ts'
import { fingerprintText } from '../../keys/index.ts'
import { isoTime, type Handlers, type NodeParts } from '../parts.ts'
import { peerRow } from '../peer-row.ts'
import { version } from '../version.ts'

/** `ax nodes show`, `ax nodes id`. */
export function nodesHandlers(parts: NodeParts): Handlers<'nodes.show' | 'nodes.id'> {
  return {
    'nodes.show': () => show(parts),
    'nodes.id': () => ({
      peer: parts.identity.peer,
      key: axKeyText(parts.identity.publicKey),
      nkey: nkeyText('N', parts.identity.publicKey),
      fingerprint: fingerprintText(parts.identity.publicKey),
    }),
  }
}

function show(parts: NodeParts) {
  return {
    peer: parts.identity.peer,
    key: axKeyText(parts.identity.publicKey),
    fingerprint: fingerprintText(parts.identity.publicKey),
    name: parts.settings.effective().general.displayName,
    version,
    runtime: `node ${process.version} ${process.arch}, ${parts.keys.backend}`,
    startedAt: isoTime(parts.startedAt),
    swarmKey: { fingerprint: parts.swarmKey.fingerprint, published: parts.swarmKey.published },
    swarmAddresses: parts.swarm.addresses(),
    adminAddresses: parts.doors.addresses().admin,
    peers: parts.swarm.peers().map((peer) => peerRow(parts, peer)),
    failures: parts.swarm.failures().map(failureRow),
    gate: parts.lists.gateStatus(),
    adminSessions: parts.doors.sessions().map((session) => ({ ...session, since: isoTime(session.since) })),
    warnings: parts.warnings(),
  }
}

function failureRow(failure: ReturnType<NodeParts['swarm']['failures']>[number]) {
  return {
    peer: failure.peer,
    address: failure.address,
    direction: failure.direction,
    at: isoTime(failure.at),
    count: failure.count,
    error: { code: failure.code, data: { ...failure.data } },
    message: describe(failure.code, failure.data).message,
  }
}
