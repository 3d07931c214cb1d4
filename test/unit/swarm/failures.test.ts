import { expect, it } from 'vitest'
import { fail, silentLog } from '../../../src/base/index.ts'
import { createFailureBook } from '../../../src/swarm/failures.ts'

it('counts the same failure of the same peer once, latest first', () => {
  let now = 1
  const book = createFailureBook(() => now, silentLog)
  const wrongKey = fail('ERR_SWARM_WRONG_KEY', { fingerprint: 'f', what: '' })
  book.note({ address: '/ip4/192.0.2.7/tcp/50001', direction: 'inbound' }, wrongKey)
  now = 2
  book.note({ peer: 'p', direction: 'outbound' }, fail('ERR_SWARM_BUSY'))
  now = 3
  book.note({ address: '/ip4/192.0.2.7/tcp/50002', direction: 'inbound' }, wrongKey)
  expect(book.list()).toMatchObject([
    { code: 'ERR_SWARM_WRONG_KEY', count: 2, at: 3, peer: null, address: '/ip4/192.0.2.7/tcp/50002' },
    { code: 'ERR_SWARM_BUSY', count: 1, peer: 'p' },
  ])
  book.clear('p')
  expect(book.list().length).toBe(1)
})

it('sec/T5 is bounded', () => {
  const book = createFailureBook(() => 0, silentLog)
  for (let index = 0; index < 1_000; index++)
    book.note({ peer: `p${index}`, direction: 'inbound' }, fail('ERR_SWARM_BUSY'))
  expect(book.list().length).toBe(100)
  expect(book.list()[0]?.peer).toBe('p999')
})

it('tells the log the first, the tenth and the hundredth, and floods no disk', () => {
  let now = 0
  const told: unknown[] = []
  const book = createFailureBook(() => now, { warn: (event, data) => told.push([event, data?.['count']]) })
  for (let index = 0; index < 150; index++)
    book.note({ address: '/ip4/192.0.2.7/tcp/5', direction: 'inbound' }, fail('ERR_SWARM_BUSY'))
  expect(told).toEqual([1, 10, 100].map((count) => ['no connection', count]))
  for (let index = 0; index < 1_000; index++)
    book.note({ peer: `p${index}`, direction: 'inbound' }, fail('ERR_SWARM_BUSY'))
  expect(told.length).toBe(60)
  now = 60_000
  book.note({ peer: 'later', direction: 'inbound' }, fail('ERR_SWARM_BUSY'))
  expect(told.length).toBe(61)
})
