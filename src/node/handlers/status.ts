import { doorRoles } from '../../base/index.ts'
import { axKeyText } from '../../codec/index.ts'
import { parsePeerId } from '../../codec/index.ts'
import { operations, rowOf, type OperationName } from '../../operations/index.ts'
import * as z from 'zod'
import { isoTime, type Handlers, type NodeParts } from '../parts.ts'
import { version } from '../version.ts'

type StatusOperation = 'status.get' | 'status.whoami' | 'describe' | 'nodes.shutdown'

/** Handlers about the node itself. */
export function statusHandlers(parts: NodeParts): Handlers<StatusOperation> {
  return {
    'status.get': () => status(parts),
    'status.whoami': (_, { caller }) => ({
      peer: caller.peer,
      key: caller.peer === null ? null : axKeyText(parsePeerId(caller.peer)),
      role: caller.role,
      rights: [...doorRoles[caller.role]],
      door: caller.door,
      because: caller.because,
    }),
    describe: () => ({ operations: Object.keys(operations).map((name) => describeRow(name as OperationName)) }),
    'nodes.shutdown': () => {
      parts.requestStop()
      return { done: true }
    },
  }
}

function status(parts: NodeParts) {
  const peers = parts.swarm.peers()
  const welcomed = peers.filter((peer) => peer.state === 'welcomed').length
  const now = parts.clock.now()
  const settings = parts.settings.effective()
  return {
    peer: parts.identity.peer,
    name: settings.general.displayName,
    version,
    startedAt: isoTime(parts.startedAt),
    uptimeMs: now - parts.startedAt,
    dataDirectory: parts.options.dataDirectory,
    swarmKey: { fingerprint: parts.swarmKey.fingerprint, published: parts.swarmKey.published },
    swarmAddresses: parts.swarm.addresses(),
    adminAddresses: parts.doors.addresses().admin,
    socket: parts.options.socketPath,
    apiAddresses: parts.doors.addresses().http,
    requireAuthentication: settings.admin.requireAuthentication,
    permissioned: parts.lists.gateStatus().permissioned,
    peers: { welcomed, other: peers.length - welcomed },
    teams: parts.teams.list().length,
    warnings: parts.warnings(),
  }
}

function describeRow(name: OperationName) {
  const row = rowOf(name)
  return {
    name,
    summary: row.summary,
    right: row.right,
    streaming: row.streaming,
    input: z.toJSONSchema(row.input(), { io: 'input' }) as Record<string, unknown>,
    output: z.toJSONSchema(row.output(), { io: 'output' }) as Record<string, unknown>,
  }
}
