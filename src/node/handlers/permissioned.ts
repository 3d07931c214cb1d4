import type { OperationRequest } from '../../operations/index.ts'
import type { ListChange } from '../lists.ts'
import type { Handlers, NodeParts } from '../parts.ts'
import { changeTeamList } from '../team-list.ts'

type PermissionedOperation =
  | 'permissioned.status'
  | 'permissioned.enable'
  | 'permissioned.disable'
  | 'permissioned.check'
  | 'permissioned.add'
  | 'permissioned.remove'
  | 'permissioned.ban'
  | 'permissioned.unban'
  | 'static.ls'
  | 'static.add'
  | 'static.remove'

/** `ax permissioned …`, `ax static …`. */
export function permissionedHandlers(parts: NodeParts): Handlers<PermissionedOperation> {
  const { lists } = parts
  const change = async (change: ListChange, entries: readonly string[]) => lists.change(change, entries)
  const permit = (verb: 'add' | 'remove', { entries, team, force }: OperationRequest<'permissioned.add'>) =>
    team === undefined
      ? change({ list: 'permissioned', verb }, entries)
      : changeTeamList(parts, { team, verb, entries, force })
  return {
    'permissioned.status': () => lists.gateStatus(),
    'permissioned.enable': async () => {
      const wasOn = lists.gateStatus().permissioned
      await parts.settings.setPlain('swarm/permissioned', true)
      return { cut: wasOn ? { peers: [], ms: 0 } : lists.lastCut(), notices: lists.warnings() }
    },
    'permissioned.disable': async () => {
      await parts.settings.setPlain('swarm/permissioned', false)
      return {
        notices: lists.gateStatus().permissioned
          ? ['The node was started with --permissioned: the gate stays on for this run.']
          : [],
      }
    },
    'permissioned.check': ({ peer }) => lists.check(peer),
    'permissioned.add': (request) => permit('add', request),
    'permissioned.remove': (request) => permit('remove', request),
    'permissioned.ban': ({ entries }) => change({ list: 'disallowed', verb: 'add' }, entries),
    'permissioned.unban': ({ entries }) => change({ list: 'disallowed', verb: 'remove' }, entries),
    'static.ls': () => lists.gateStatus().lists.static,
    'static.add': ({ entries }) => change({ list: 'static', verb: 'add' }, entries),
    'static.remove': ({ entries }) => change({ list: 'static', verb: 'remove' }, entries),
  }
}
