import { fail } from '../../base/index.ts'
import { isoTime, type Handlers, type NodeParts } from '../parts.ts'

/** `ax pending …`. */
export function pendingHandlers(parts: NodeParts): Handlers<'pending.ls' | 'pending.accept' | 'pending.reject'> {
  const unknown = (id: string) => fail('ERR_NODE_NOT_FOUND', { what: 'pending entry', name: id })
  return {
    'pending.ls': () => ({ pending: parts.pending.list().map((entry) => ({ ...entry, at: isoTime(entry.at) })) }),
    'pending.accept': async ({ id }, { caller }) => {
      const entry = parts.pending.get(id)
      if (entry === undefined) throw unknown(id)
      const { kind, text } = entry
      if (kind === 'key') await parts.settings.authorize({ entry: text, force: false }, caller)
      else await parts.lists.change({ list: 'permissioned', verb: 'add' }, [text])
      // Forgotten once it is done: what was refused can be tried again.
      parts.pending.forget(id)
      return { kind, text }
    },
    'pending.reject': ({ id }) => {
      if (!parts.pending.forget(id)) throw unknown(id)
      return { done: true }
    },
  }
}
