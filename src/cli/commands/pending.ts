import type { Input, Leaf } from '../grammar.ts'
import { table, text, type Outcome } from '../outcome.ts'
import { count, shortTime } from '../phrases.ts'
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
    summary: "Admits one of them: a key to the admin door, a peer to the list; with --team to the team's list.",
    example: 'ax pending accept 1',
    exits: { 3: 'nobody of that id waits', 10: "the team's law refuses" },
    run: accept,
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

async function accept(session: Session, input: Input): Promise<Outcome> {
  const { team, force } = session.settled
  const request = { id: input.text('id'), force, ...(team === undefined ? {} : { team }) }
  const result = await session.call('pending.accept', request, input.optional('node'))
  const lines = [
    `Accepted the ${result.kind} ${result.text}.`,
    ...(result.team === null ? [] : [`By ${count(result.commands.length, 'command')} of ${result.team}.`]),
  ]
  return { result, view: text(lines.join('\n')), names: [result.text], notices: result.notices }
}

async function listPending(session: Session, input: Input): Promise<Outcome> {
  const answer = await session.call('pending.ls', {}, input.optional('node'))
  const rows = answer.pending.map((one) => [one.id, one.kind, one.text, one.source, one.count, shortTime(one.at)])
  return {
    result: answer,
    view: table(['ID', 'KIND', 'KEY OR PEER', 'FROM', 'TRIES', 'LAST'], rows, { empty: 'nobody was refused lately' }),
    names: answer.pending.map(({ id }) => id),
  }
}
