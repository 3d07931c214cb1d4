import { bug } from '../base/index.ts'
import type { CallContext, Dispatch, OperationName } from '../operations/index.ts'
import { claimsHandlers } from './handlers/claims.ts'
import { deviceKeysHandlers } from './handlers/device-keys.ts'
import { devicesHandlers } from './handlers/devices.ts'
import { invitesHandlers } from './handlers/invites.ts'
import { keysHandlers } from './handlers/keys.ts'
import { nodesHandlers } from './handlers/nodes.ts'
import { pendingHandlers } from './handlers/pending.ts'
import { permissionedHandlers } from './handlers/permissioned.ts'
import { labelsHandlers, namesHandlers } from './handlers/labels.ts'
import { rolesHandlers } from './handlers/roles.ts'
import { settingsHandlers } from './handlers/settings.ts'
import { statusHandlers } from './handlers/status.ts'
import { swarmsHandlers } from './handlers/swarms.ts'
import { syncHandlers } from './handlers/sync.ts'
import { teamsHandlers } from './handlers/teams.ts'
import type { Handlers, NodeParts } from './parts.ts'

/** Every operation but the streaming ones has exactly one handler: the type says so. */
type CallName = Exclude<OperationName, 'watch'>

/** Joins the handlers to the one function behind every door. */
export function createDispatch(parts: NodeParts): Dispatch {
  const handlers: Handlers<CallName> = {
    ...statusHandlers(parts),
    ...settingsHandlers(parts),
    ...keysHandlers(parts),
    ...nodesHandlers(parts),
    ...swarmsHandlers(parts),
    ...permissionedHandlers(parts),
    ...pendingHandlers(parts),
    ...teamsHandlers(parts),
    ...devicesHandlers(parts),
    ...deviceKeysHandlers(parts),
    ...rolesHandlers(parts),
    ...labelsHandlers(parts),
    ...namesHandlers(parts),
    ...syncHandlers(parts),
    ...invitesHandlers(parts),
    ...claimsHandlers(parts),
  }
  return {
    async call(name, input, context) {
      if (name === 'watch') throw bug('watch is a stream')
      // The door has validated the input against this operation's schema.
      const handler = handlers[name] as (request: unknown, context: CallContext) => unknown
      return handler(input, context)
    },
    stream(name, input, context) {
      if (name !== 'watch') throw bug(`${name} is no stream`)
      const { topics } = input as { topics?: string[] }
      return parts.events.watch(topics, context.signal)
    },
  }
}
