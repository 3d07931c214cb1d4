import { fail } from '../../base/index.ts'
import { isoTime, type Handlers, type NodeParts } from '../parts.ts'

/** `ax pending …`. */
export function pendingHandlers(parts: NodeParts): Handlers<'pending.ls' | 'pending.accept' | 'pending.reject'> {
  const take = (id: string) => {
    const entry = parts.pending.take(id)
    if (entry === undefined) throw fail('ERR_NODE_NOT_FOUND', { what: 'pending entry', name: id })
    return entry
  }
  return {
    'pending.ls': () => ({ pending: parts.pending.list().map((entry) => ({ ...entry, at: isoTime(entry.at) })) }),
    'pending.accept': async ({ id }, { caller }) => {
      const { kind, text } = take(id)
      if (kind === 'key') await parts.settings.authorize({ entry: text, force: false }, caller)
      else await parts.lists.change({ list: 'permissioned', verb: 'add' }, [text])
      return { kind, text }
    },
    'pending.reject': ({ id }) => {
      take(id)
      return { done: true }
    },
  }
}
