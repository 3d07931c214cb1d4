import { describe, expect, it } from 'vitest'
import { limits, silentLog } from '../../../src/base/index.ts'
import { encodeCbor } from '../../../src/codec/index.ts'
import { openPeerBook } from '../../../src/node/peer-book.ts'
import { memoryStore, type Store } from '../../../src/store/index.ts'

const hourMs = 3_600_000

function setUp(store: Store = memoryStore()) {
  const clock = { now: 1_000 }
  return { store, clock, open: () => openPeerBook({ store, log: silentLog, now: () => clock.now }) }
}

describe('the peer book', () => {
  it('is there again after a start, latest welcome first', async () => {
    const { clock, open } = setUp()
    const book = await open()
    await book.keep('a', ['/ip4/127.0.0.1/tcp/1'])
    clock.now += 1
    await book.keep('b', [])
    const again = await open()
    expect(again.list()).toEqual([
      { peer: 'b', addresses: [], at: 1_001 },
      { peer: 'a', addresses: ['/ip4/127.0.0.1/tcp/1'], at: 1_000 },
    ])
  })

  it('takes new addresses of a peer for old ones', async () => {
    const { open } = setUp()
    const book = await open()
    await book.keep('a', ['x'])
    await book.keep('a', ['y', 'z'])
    expect((await open()).list()).toMatchObject([{ peer: 'a', addresses: ['y', 'z'] }])
  })

  it('forgets the peer that was not met for longest, on the disk as well, and not one that is met each day', async () => {
    const { clock, open } = setUp()
    const book = await open()
    await book.keep('regular', ['same'])
    for (let index = 0; index < limits.peersRememberedMax + 20; index += 1) {
      clock.now += hourMs
      await book.keep('regular', ['same'])
      await book.keep(`visitor ${String(index)}`, [])
    }
    for (const read of [book, await open()]) {
      const peers = read.list().map(({ peer }) => peer)
      expect(peers).toHaveLength(limits.peersRememberedMax)
      expect(peers).toContain('regular')
      expect(peers).not.toContain('visitor 0')
    }
  })

  it('learns a record again that is damaged or of another version', async () => {
    const { store, open } = setUp()
    await store.meta.put('peer/broken', Uint8Array.of(0xff, 0x00))
    await store.meta.put('peer/later', encodeCbor({ v: 2, addresses: [], at: 0 }))
    await store.meta.put('peer/odd', encodeCbor({ v: 1, addresses: 'none', at: 0 }))
    await store.meta.put('peer/timeless', encodeCbor({ v: 1, addresses: [], at: 'noon' }))
    await store.meta.put('peer/mixed', encodeCbor({ v: 1, addresses: ['x', 7], at: 5 }))
    expect((await open()).list()).toEqual([{ peer: 'mixed', addresses: ['x'], at: 5 }])
  })

  it('a memory that cannot be written is no reason to fail', async () => {
    const store = memoryStore()
    const broken: Store = { ...store, meta: { ...store.meta, put: () => Promise.reject(new Error('disk full')) } }
    const { open } = setUp(broken)
    const book = await open()
    await book.keep('a', ['x'])
    expect(book.list()).toMatchObject([{ peer: 'a' }])
  })
})
