import type { Input, Leaf } from '../grammar.ts'
import { table, text, type Outcome } from '../outcome.ts'
import { shortTime } from '../phrases.ts'
import type { Session } from '../session.ts'

export const pendingLeaves: readonly Leaf[] = [
  {
    verb: 'ls',
    arguments: '[node]',
    summary: 'Keys and peers that were refused lately.',
    example: 'ax pending ls',
    run: listPending,
  },
  {
    verb: 'accept',
    arguments: '<id> [node]',
    summary: 'Admits one of them: a key to the admin door, a peer to the list.',
    example: 'ax pending accept 1',
    run: async (session, input) => {
      const result = await session.call('pending.accept', { id: input.text('id') }, input.optional('node'))
      return { result, view: text(`Accepted the ${result.kind} ${result.text}.`), names: [result.text] }
    },
  },
  {
    verb: 'reject',
    arguments: '<id> [node]',
    summary: 'Forgets one of them.',
    example: 'ax pending reject 1',
    run: async (session, input) => {
      const result = await session.call('pending.reject', { id: input.text('id') }, input.optional('node'))
      return { result, view: text('Forgotten.') }
    },
  },
]

async function listPending(session: Session, input: Input): Promise<Outcome> {
  const answer = await session.call('pending.ls', {}, input.optional('node'))
  const rows = answer.pending.map((one) => [one.id, one.kind, one.text, one.source, one.count, shortTime(one.at)])
  return {
    result: answer,
    view: table(['ID', 'KIND', 'KEY OR PEER', 'FROM', 'TRIES', 'LAST'], rows, { empty: 'nobody was refused lately' }),
    names: answer.pending.map(({ id }) => id),
  }
}
