import { describe, expect, it } from 'vitest'
import { createPending } from '../../../src/node/pending.ts'

describe('who was refused lately', () => {
  it('is listed newest first, and counted, not repeated', () => {
    let now = 0
    const pending = createPending(() => (now += 1))
    pending.note('key', '0a', '10.0.0.1')
    pending.note('peer', '12D3b', '10.0.0.2')
    pending.note('key', '0a', '10.0.0.3')
    expect(pending.list().map(({ kind, text, source, count, at }) => ({ kind, text, source, count, at }))).toEqual([
      { kind: 'key', text: '0a', source: '10.0.0.3', count: 2, at: 3 },
      { kind: 'peer', text: '12D3b', source: '10.0.0.2', count: 1, at: 2 },
    ])
  })

  it('has an id that stays, and tells a key from a peer of the same text', () => {
    const pending = createPending(() => 0)
    pending.note('key', 'same', 'a')
    pending.note('peer', 'same', 'a')
    const ids = pending.list().map(({ id }) => id)
    pending.note('key', 'same', 'b')
    expect(new Set(ids).size).toBe(2)
    expect(new Set(pending.list().map(({ id }) => id))).toEqual(new Set(ids))
  })

  it('is bounded: a flood drops the oldest', () => {
    const pending = createPending(() => 0)
    for (let index = 0; index < 1_000; index += 1) pending.note('key', String(index), 'a')
    expect(pending.list()).toHaveLength(256)
    expect(pending.list()[0]?.text).toBe('999')
    expect(pending.list().at(-1)?.text).toBe('744')
  })

  it('is forgotten once, and unknown ids are nobody', () => {
    const pending = createPending(() => 0)
    pending.note('key', '0a', 'a')
    const [entry] = pending.list()
    expect(pending.get(entry?.id ?? '')).toEqual(entry)
    expect(pending.forget(entry?.id ?? '')).toBe(true)
    expect(pending.forget(entry?.id ?? '')).toBe(false)
    expect(pending.get('__proto__')).toBeUndefined()
    expect(pending.list()).toEqual([])
  })
})
