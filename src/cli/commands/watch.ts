import { fail } from '../../base/index.ts'
import type { OperationOutput } from '../../operations/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import { text, type Outcome } from '../outcome.ts'
import { shortTime } from '../phrases.ts'
import type { Session } from '../session.ts'

const topics = ['peers', 'team', 'settings', 'pending'] as const
type Topic = (typeof topics)[number]

export const watchLeaves: readonly Leaf[] = [
  {
    verb: '',
    arguments: '[topic] [node]',
    summary: `What happens on the node, one line an event, until Ctrl-C: ${topics.join(', ')} or all.`,
    example: 'ax watch peers',
    run: watch,
  },
]

async function watch(session: Session, input: Input): Promise<Outcome> {
  const topic = input.optional('topic')
  if (topic !== undefined && !isTopic(topic)) {
    throw fail('ERR_CLI_USAGE', { what: `"${topic}" is not one of ${topics.join(', ')}.`, hint: 'ax watch --help' })
  }
  const events = session.stream('watch', topic === undefined ? {} : { topics: [topic] }, input.optional('node'))
  return { result: null, view: text(''), items: lines(events) }
}

function isTopic(text: string): text is Topic {
  return (topics as readonly string[]).includes(text)
}

async function* lines(events: AsyncIterable<OperationOutput<'watch'>>): AsyncIterable<Outcome> {
  for await (const event of events) {
    const data = Object.entries(event.data).map(([name, value]) => `${name}=${show(value)}`)
    const line = [shortTime(event.at), event.topic, event.event, ...data].join(' ')
    yield { result: event, view: text(line), names: [event.event] }
  }
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
