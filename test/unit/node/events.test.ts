import { describe, expect, it } from 'vitest'
import { createEvents, type NodeEvent } from '../../../src/node/events.ts'

async function take(events: AsyncIterable<NodeEvent>, count: number): Promise<string[]> {
  const seen: string[] = []
  for await (const { event } of events) if (seen.push(event) === count) break
  return seen
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('events', () => {
  it('reach whoever watches, with their time, and only the topics asked for', async () => {
    const events = createEvents(() => 0)
    const { signal } = new AbortController()
    const all = take(events.watch(undefined, signal), 2)
    const peers = events.watch(['peers'], signal)[Symbol.asyncIterator]()
    const first = peers.next()
    await turn()
    events.emit('team', 'created', { name: 'x' })
    events.emit('peers', 'welcomed', { peer: 'p' })
    expect(await all).toEqual(['created', 'welcomed'])
    expect((await first).value).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      topic: 'peers',
      event: 'welcomed',
      data: { peer: 'p' },
    })
  })

  it('a watcher that does not keep up loses the oldest, never memory', async () => {
    const events = createEvents(() => 0)
    const watcher = events.watch(undefined, new AbortController().signal)[Symbol.asyncIterator]()
    const first = watcher.next()
    await turn()
    for (let index = 0; index < 5_000; index += 1) events.emit('team', String(index), {})
    const seen = [(await first).value as NodeEvent]
    for (let index = 0; index < 999; index += 1) seen.push((await watcher.next()).value as NodeEvent)
    expect(seen[0]?.event).toBe('4000')
    expect(seen.at(-1)?.event).toBe('4999')
  })

  it('a watch ends when its caller is gone: waiting, with events left, or before it began', async () => {
    const events = createEvents(() => 0)
    const waiting = new AbortController()
    const ended = take(events.watch(undefined, waiting.signal), 10)
    await turn()
    events.emit('team', 'one', {})
    await turn()
    waiting.abort()
    expect(await ended).toEqual(['one'])
    expect(await take(events.watch(undefined, AbortSignal.abort()), 1)).toEqual([])
  })

  it('many watchers see the same, and one that leaves disturbs nobody', async () => {
    const events = createEvents(() => 0)
    const { signal } = new AbortController()
    const watching = [1, 2, 3].map((count) => take(events.watch(undefined, signal), count))
    await turn()
    for (const name of ['a', 'b', 'c']) {
      events.emit('settings', name, {})
      await turn()
    }
    expect(await Promise.all(watching)).toEqual([['a'], ['a', 'b'], ['a', 'b', 'c']])
  })
})
