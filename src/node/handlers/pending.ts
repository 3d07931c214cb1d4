import { fail } from '../../base/index.ts'
import type { OperationOutput } from '../../operations/index.ts'
import type { Pending, PendingEntry } from '../pending.ts'
import { isoTime, type Handlers, type NodeParts } from '../parts.ts'
import { changeTeamList } from '../team-list.ts'

type Accepted = OperationOutput<'pending.accept'>

/** `ax pending …`. */
export function pendingHandlers(parts: NodeParts): Handlers<'pending.ls' | 'pending.accept' | 'pending.reject'> {
  const { pending, settings } = parts
  return {
    'pending.ls': () => ({ pending: pending.list().map((entry) => ({ ...entry, at: isoTime(entry.at) })) }),
    'pending.accept': async ({ id, team, force }, { caller }) => {
      const entry = known(pending, id)
      const { kind, text } = entry
      let by: Pick<Accepted, 'team' | 'commands' | 'notices'> = { team: null, commands: [], notices: [] }
      if (kind === 'peer') by = await admitPeer(parts, entry, { team, force })
      else if (team === undefined) await settings.authorize({ entry: text, force: false }, caller)
      else throw fail('ERR_INVALID_INPUT', { what: 'a key is authorized on one node; a team has no list of them' })
      // Forgotten once it is done: what was refused can be tried again.
      pending.forget(id)
      return { kind, text, ...by }
    },
    'pending.reject': ({ id }) => {
      pending.forget(known(pending, id).id)
      return { done: true }
    },
  }
}

function known(pending: Pending, id: string): PendingEntry {
  const entry = pending.get(id)
  if (entry === undefined) throw fail('ERR_NODE_NOT_FOUND', { what: 'pending entry', name: id })
  return entry
}

/** By the team's command, or by this node's file; then it is said where the file alone will not do. */
async function admitPeer(
  parts: NodeParts,
  { text }: PendingEntry,
  { team, force }: { readonly team: string | undefined; readonly force: boolean },
): Promise<Pick<Accepted, 'team' | 'commands' | 'notices'>> {
  if (team !== undefined) return changeTeamList(parts, { team, verb: 'add', entries: [text], force })
  const { notices } = await parts.lists.change({ list: 'permissioned', verb: 'add' }, [text])
  const governing = parts.government.view()
  const isBarred = parts.lists.check(text).barredBy.includes('team')
  if (governing?.state !== 'open' || isBarred) return { team: null, commands: [], notices }
  const everywhere = `On this node alone. On every node of the team: ax permissioned add ${text} --team ${governing.team}`
  return { team: null, commands: [], notices: [...notices, everywhere] }
}
