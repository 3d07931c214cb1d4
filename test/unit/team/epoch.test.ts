import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../src/codec/index.ts'
import { generateBoxKey, openKeys, swarmKeyFingerprint, type BoxKeyPair } from '../../../src/keys/index.ts'
import {
  boxAt,
  boxBytes,
  carriedRecipients,
  epochId,
  hashOfBoxes,
  hashOfRecipients,
  makeEpoch,
  openEpochBox,
  openSwarmKey,
  sealSwarmKey,
  sortRecipients,
  type Recipient,
} from '../../../src/team/epoch.ts'
import { expectFrozen } from '../../helpers/frozen-vectors.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const keys = await openKeys()
const random = createSeededRandomness(400)
const team = random.bytes(32)

interface Somebody {
  readonly pair: BoxKeyPair
  readonly recipient: Recipient
}

function crowd(size: number): Somebody[] {
  const people = Array.from({ length: size }, () => {
    const pair = generateBoxKey(random)
    return { pair, recipient: [random.bytes(32), random.below(3), pair.publicKey] as const }
  })
  const order = sortRecipients(people.map(({ recipient }) => recipient))
  return people.sort((a, b) => order.indexOf(a.recipient) - order.indexOf(b.recipient))
}

function epochFor(people: readonly Somebody[]) {
  const seal = (publicKey: Uint8Array, secret: Uint8Array): Uint8Array => keys.sealTo(publicKey, secret, random)
  const recipients = people.map(({ recipient }) => recipient)
  return makeEpoch(team, recipients, { random, seal })
}

describe('an epoch', () => {
  it('gives every recipient one secret, in the order of the recipients', () => {
    const people = crowd(20)
    const { epoch, boxes, boxesHash } = epochFor(people)
    expect(boxes).toHaveLength(20 * boxBytes)
    expect(boxesHash).toEqual(hashOfBoxes(boxes))
    const secrets = people.map(({ pair }, place) => openEpochBox(keys, pair, boxAt(boxes, place), { team, epoch }))
    expect(new Set(secrets.map((secret) => toHex(secret ?? new Uint8Array()))).size).toBe(1)
    expect(epochId(team, secrets[0] as Uint8Array)).toEqual(epoch)
  })

  it('takes what was made ahead, makes what is missing, and leaves out who has gone meanwhile', () => {
    const people = crowd(6)
    const [gone] = crowd(1) as [Somebody]
    const secret = random.bytes(32)
    const drawn = secret.slice()
    const early = [...people.slice(0, 4), gone].map(({ pair }) => pair.publicKey)
    const boxes = new Map(early.map((key) => [toHex(key), keys.sealTo(key, secret, random)]))
    let asked = 0
    const made = makeEpoch(
      team,
      people.map(({ recipient }) => recipient),
      {
        random,
        takeAhead: () => ({ secret, boxes }),
        seal: (key, of) => {
          asked++
          return keys.sealTo(key, of, random)
        },
      },
    )
    expect([asked, made.epoch]).toEqual([2, epochId(team, drawn)])
    for (const [place, { pair }] of people.entries())
      expect(openEpochBox(keys, pair, boxAt(made.boxes, place), { team, epoch: made.epoch })).toEqual(drawn)
    expect(made.boxes).toHaveLength(6 * boxBytes)
    expect(secret).toEqual(new Uint8Array(32))
  })

  it('opens for nobody who is no recipient, with none of the boxes', () => {
    const people = crowd(5)
    const [outsider] = crowd(1)
    const { epoch, boxes } = epochFor(people)
    for (let place = 0; place < 5; place++)
      expect(
        openEpochBox(keys, (outsider as Somebody).pair, boxAt(boxes, place), { team, epoch }),
        `box ${place}`,
      ).toBeUndefined()
  })

  it('is not opened with another secret than its id binds: of another epoch, of another team', () => {
    const [somebody] = crowd(1) as [Somebody]
    const [one, two] = [epochFor([somebody]), epochFor([somebody])]
    const box = boxAt(one.boxes, 0)
    expect(openEpochBox(keys, somebody.pair, box, { team, epoch: one.epoch })).toBeDefined()
    expect(openEpochBox(keys, somebody.pair, box, { team, epoch: two.epoch })).toBeUndefined()
    expect(openEpochBox(keys, somebody.pair, box, { team: random.bytes(32), epoch: one.epoch })).toBeUndefined()
  })

  it('lists its recipients as long as they fit a command, and names their hash beyond', () => {
    const many = crowd(33).map(({ recipient }) => recipient)
    expect(carriedRecipients(many.slice(0, 32))).toEqual(many.slice(0, 32))
    expect(carriedRecipients(many)).toEqual(hashOfRecipients(many))
    expect(hashOfRecipients(many)).not.toEqual(hashOfRecipients(many.slice(1)))
  })
})

describe('a swarm key in a command', () => {
  const secret = random.bytes(32)
  const swarmKey = random.bytes(32)
  const fingerprint = fromHex(swarmKeyFingerprint(swarmKey))
  const at = { team, secret, fingerprint }

  it('opens with the epoch secret, in its team, for its fingerprint', () => {
    const sealed = sealSwarmKey(keys, at, swarmKey, random)
    expect(sealed).toHaveLength(72)
    expect(new Uint8Array(openSwarmKey(keys, at, sealed) ?? [])).toEqual(swarmKey)
    for (const field of ['team', 'secret', 'fingerprint'] as const) {
      const wrong = { ...at, [field]: random.bytes(at[field].length) }
      expect(openSwarmKey(keys, wrong, sealed), field).toBeUndefined()
    }
    expect(openSwarmKey(keys, at, concatBytes(sealed, Uint8Array.of(0)))).toBeUndefined()
  })
})

it('frozen: epoch id, boxes, hashes and a sealed swarm key', () => {
  const still = createSeededRandomness(401)
  const pairs = [generateBoxKey(still), generateBoxKey(still)]
  const recipients = pairs.map(({ publicKey }, i): Recipient => [new Uint8Array(32).fill(i), i, publicKey])
  const seal = (publicKey: Uint8Array, secret: Uint8Array): Uint8Array => keys.sealTo(publicKey, secret, still)
  const team = new Uint8Array(32).fill(7)
  const { epoch, boxes, boxesHash } = makeEpoch(team, recipients, { random: still, seal })
  const secret = openEpochBox(keys, pairs[1] as BoxKeyPair, boxAt(boxes, 1), { team, epoch }) as Uint8Array
  const swarmKey = still.bytes(32)
  const at = { team, secret, fingerprint: fromHex(swarmKeyFingerprint(swarmKey)) }
  const hexes = {
    team,
    secret,
    epoch,
    recipients: hashOfRecipients(recipients),
    boxes,
    boxesHash,
    swarmKey,
    sealed: sealSwarmKey(keys, at, swarmKey, still),
  }
  const frozen = Object.fromEntries(Object.entries(hexes).map(([name, bytes]) => [name, toHex(bytes)]))
  expectFrozen('epoch', frozen, '0d74178d5752039f6555fee4de0d47f2ae8368e159a9048521087040bcb868c3')
})
