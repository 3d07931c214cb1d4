import { describe, expect, it } from 'vitest'
import { fail } from '../../../../src/base/index.ts'
import { pendingHandlers } from '../../../../src/node/handlers/pending.ts'
import type { NodeParts } from '../../../../src/node/parts.ts'
import { createPending } from '../../../../src/node/pending.ts'
import type { CallContext } from '../../../../src/operations/index.ts'
import { codeOf } from '../../../helpers/swarm-nodes.ts'

const caller = { peer: null, role: 'admin', door: 'unix', source: '/s', because: 'test' } as const
const context: CallContext = { caller, signal: new AbortController().signal }

/** Handlers over a real memory of who was refused; what they cause is noted, or fails. */
function setUp(isRefused = false) {
  const done: string[] = []
  const pending = createPending(() => 0)
  const act = (what: string): Promise<object> => {
    if (isRefused) return Promise.reject(fail('ERR_ACCESS_LIST', { path: 'p', why: 'unreadable' }))
    done.push(what)
    return Promise.resolve({})
  }
  const parts = {
    pending,
    settings: { authorize: ({ entry }: { entry: string }) => act(`authorize ${entry}`) },
    lists: { change: (_: object, [entry]: readonly string[]) => act(`list ${entry ?? ''}`) },
  } as unknown as NodeParts
  return { done, pending, handlers: pendingHandlers(parts), id: () => pending.list()[0]?.id ?? '' }
}

describe('who waits to be let in', () => {
  it.each([
    ['key', '0a', 'authorize 0a'],
    ['peer', '12D3a', 'list 12D3a'],
  ] as const)('a %s that is accepted gets in, and waits no more', async (kind, text, what) => {
    const { done, pending, handlers, id } = setUp()
    pending.note(kind, text, 'there')
    expect(await handlers['pending.accept']({ id: id() }, context)).toEqual({ kind, text })
    expect([done, pending.list()]).toEqual([[what], []])
  })

  it('what could not be done can be tried again', async () => {
    const { pending, handlers, id } = setUp(true)
    pending.note('peer', '12D3a', 'there')
    const accept = async (): Promise<unknown> => handlers['pending.accept']({ id: id() }, context)
    expect(await codeOf(accept())).toBe('ERR_ACCESS_LIST')
    expect(pending.list()).toHaveLength(1)
  })

  it('rejecting lets nobody in; who is not there cannot be accepted or rejected', async () => {
    const { done, pending, handlers, id } = setUp()
    pending.note('key', '0a', 'there')
    const known = id()
    await handlers['pending.reject']({ id: known }, context)
    expect([done, pending.list()]).toEqual([[], []])
    for (const name of ['pending.accept', 'pending.reject'] as const) {
      const ask = async (): Promise<unknown> => handlers[name]({ id: known }, context)
      expect(await codeOf(ask())).toBe('ERR_NODE_NOT_FOUND')
    }
  })
})
