import { describe, expect, it } from 'vitest'
import { fail, refuse } from '../../../../src/base/index.ts'
import { idText } from '../../../../src/codec/index.ts'
import { pendingHandlers } from '../../../../src/node/handlers/pending.ts'
import type { NodeParts } from '../../../../src/node/parts.ts'
import { createPending } from '../../../../src/node/pending.ts'
import type { CallContext } from '../../../../src/operations/index.ts'
import type { Intent } from '../../../../src/team/index.ts'
import { codeOf } from '../../../helpers/swarm-nodes.ts'

const caller = { peer: null, role: 'admin', door: 'unix', source: '/s', because: 'test' } as const
const context: CallContext = { caller, signal: new AbortController().signal }
const peer = '12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF'
const team = idText('team', new Uint8Array(32))

/** Handlers over a real memory of who was refused; what they cause is noted, or fails. */
function setUp({ isRefused = false, isGoverned = false, isBarred = false } = {}) {
  const done: string[] = []
  const pending = createPending(() => 0)
  const act = <T extends object>(what: string, answer: T): Promise<T> => {
    if (isRefused) return Promise.reject(fail('ERR_ACCESS_LIST', { path: 'p', why: 'unreadable' }))
    done.push(what)
    return Promise.resolve(answer)
  }
  const author = (_: string, intent: Intent & { peer?: string }) =>
    isRefused
      ? Promise.resolve(refuse('ERR_TEAM_CLOSED'))
      : act(`${intent.kind} ${intent.peer ?? ''}`, { team, command: 'cmd_b', cut: { peers: [], ms: 0 } })
  const parts = {
    pending,
    settings: {
      authorize: ({ entry }: { entry: string }) => act(`authorize ${entry}`, {}),
      effective: () => ({ swarm: { governingTeam: isGoverned ? team : null } }),
    },
    lists: {
      change: (_: object, [entry]: readonly string[]) => act(`list ${entry ?? ''}`, { notices: ['as it is'] }),
      check: () => ({ barredBy: isBarred ? ['team'] : [] }),
    },
    keys: { isValidPoint: () => true },
    government: { warnings: () => [], view: () => (isGoverned ? { team, state: 'open' } : null) },
    teams: { view: () => ({ id: team }), replicaOf: () => undefined, deviceOf: () => undefined, author },
  } as unknown as NodeParts
  const accept = async (more: { team?: string } = {}) =>
    pendingHandlers(parts)['pending.accept']({ id: pending.list()[0]?.id ?? '', force: false, ...more }, context)
  return { done, pending, accept, handlers: pendingHandlers(parts), id: () => pending.list()[0]?.id ?? '' }
}

describe('who waits to be let in', () => {
  it.each([
    ['key', '0a', 'authorize 0a', []],
    ['peer', '12D3a', 'list 12D3a', ['as it is']],
  ] as const)('a %s that is accepted gets in, and waits no more', async (kind, text, what, notices) => {
    const { done, pending, accept } = setUp()
    pending.note(kind, text, 'there')
    expect(await accept()).toEqual({ kind, text, team: null, commands: [], notices })
    expect([done, pending.list()]).toEqual([[what], []])
  })

  it('a peer goes on the list of a team where one is named; a key never does', async () => {
    const { done, pending, accept } = setUp({ isGoverned: true })
    pending.note('peer', peer, 'there')
    expect(await accept({ team: 'herd' })).toMatchObject({ kind: 'peer', text: peer, team, commands: ['cmd_b'] })
    expect([done, pending.list()]).toEqual([[`AddNode ${peer}`], []])
    pending.note('key', '0a', 'there')
    expect(await codeOf(accept({ team: 'herd' }))).toBe('ERR_INVALID_INPUT')
    expect([done.length, pending.list().length]).toEqual([1, 1])
  })

  it('where a team governs, the file of one node is told to be that', async () => {
    for (const isBarred of [false, true]) {
      const { pending, accept } = setUp({ isGoverned: true, isBarred })
      pending.note('peer', peer, 'there')
      const everywhere = `On this node alone. On every node of the team: ax permissioned add ${peer} --team ${team}`
      // Of one that the team removed the list itself says that it stays out, and how it is taken back.
      expect((await accept()).notices).toEqual(isBarred ? ['as it is'] : ['as it is', everywhere])
    }
  })

  it.each([
    ['ERR_ACCESS_LIST', {}],
    ['ERR_TEAM_CLOSED', { team: 'herd' }],
  ] as const)('what could not be done can be tried again: %s', async (code, more) => {
    const { pending, accept } = setUp({ isRefused: true })
    pending.note('peer', peer, 'there')
    expect(await codeOf(accept(more))).toBe(code)
    expect(pending.list()).toHaveLength(1)
  })

  it('rejecting lets nobody in; who is not there cannot be accepted or rejected', async () => {
    const { done, pending, handlers, id } = setUp()
    pending.note('key', '0a', 'there')
    const known = id()
    await handlers['pending.reject']({ id: known }, context)
    expect([done, pending.list()]).toEqual([[], []])
    for (const name of ['pending.accept', 'pending.reject'] as const) {
      const ask = async (): Promise<unknown> => handlers[name]({ id: known, force: false }, context)
      expect(await codeOf(ask())).toBe('ERR_NODE_NOT_FOUND')
    }
  })
})
