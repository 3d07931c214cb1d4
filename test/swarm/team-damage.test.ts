import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { generateIdentity, systemRandom, type Identity } from '../../src/keys/index.ts'
import { openStore, type Store } from '../../src/store/index.ts'
import { createTeamCast, type TeamCast, type TeamNode } from '../helpers/team-nodes.ts'
import { eventually } from '../helpers/swarm-nodes.ts'

let cast: TeamCast
let directory: string
let store: Store | undefined
beforeEach(async () => {
  cast = await createTeamCast()
  directory = await mkdtemp(join(tmpdir(), 'hyrax-heal-'))
})
afterEach(async () => {
  await cast.stopAll()
  await store?.close()
  await rm(directory, { recursive: true })
})

async function add(by: TeamNode, node: TeamNode, name: string, role = 'user'): Promise<void> {
  const bundle = node.teams.device.bundle
  expect(await by.teams.author(undefined, { kind: 'AddDevice', bundle, name, role })).not.toHaveProperty('code')
}

/** A team of an owner and a member, whose store lies on disk, with so many commands. */
async function herd(commands: number): Promise<{ owner: TeamNode; identity: Identity }> {
  const identity = generateIdentity(systemRandom)
  store = await openStore(directory)
  const [owner, member] = [await cast.node(), await cast.node({ identity, store })]
  await owner.teams.createTeam('herd', 'owner')
  await add(owner, member, 'member', 'operator')
  await member.teams.addTeam(owner.teams.view().id)
  await member.teams.syncPeers.add(owner.address(), owner.teams.view().id)
  const { device } = owner.teams.resolveDevice(undefined, 'member')
  for (let i = 2; i < commands; i++) {
    const role = i % 2 === 0 ? 'user' : 'operator'
    const made = await owner.teams.author(undefined, { kind: 'AssignRole', device, role })
    expect(made).not.toHaveProperty('code')
  }
  await eventually(() => member.teams.view().stateHash === owner.teams.view().stateHash, 'in step')
  await member.stop()
  await store.close()
  return { owner, identity }
}

/** The member again, on what its disk holds now. */
async function again(identity: Identity): Promise<TeamNode> {
  store = await openStore(directory)
  return cast.node({ identity, store })
}

it('a record with a flipped bit is found by its id, dropped with what descends from it, reported, and fetched again', async () => {
  const { owner, identity } = await herd(30)
  const level = new ClassicLevel<string, Uint8Array>(directory, { keyEncoding: 'utf8', valueEncoding: 'view' })
  const order = await level.iterator({ gte: 't/', lt: 'u' }).all()
  const ids = order.filter(([name]) => name.includes('/o/')).flatMap(([, some]) => Buffer.from(some).toString('hex'))
  const inOrder = ids.join('').match(/.{64}/g) ?? []
  const [key, bytes] = order.find(([name]) => name.endsWith(`/c/${inOrder[10] ?? ''}`)) ?? ['', new Uint8Array(1)]
  await level.put(
    key,
    Uint8Array.from(bytes, (byte, i) => (i === 100 ? byte ^ 1 : byte)),
  )
  await level.close()
  const member = await again(identity)
  expect(member.teams.warnings().join('\n')).toMatch(/^Team "herd": Record cmd_b.* is damaged; it and \d+ commands/)
  await eventually(() => member.teams.view().count === owner.teams.view().count, 'healed', 20_000)
  expect(member.teams.view().stateHash).toBe(owner.teams.view().stateHash)
  // What was fetched again is on the disk.
  await member.stop()
  await store?.close()
  const third = await again(identity)
  expect(third.teams.view().count).toBe(owner.teams.view().count)
  expect(third.teams.warnings()).toEqual([])
}, 60_000)

it('a page of garbage costs what lay on it, is reported, and is fetched again', async () => {
  const { owner, identity } = await herd(60)
  await (await openStore(directory)).close()
  const name = (await readdir(directory)).find((entry) => entry.endsWith('.ldb')) ?? ''
  const table = await readFile(join(directory, name))
  await writeFile(join(directory, name), table.fill(0x5a, 4_096, 8_192))
  const member = await again(identity)
  expect(member.teams.warnings().join('\n')).toContain(`The store was damaged (${name})`)
  // Sync peers may have lain on that page, too: the operator names one again.
  await member.teams.syncPeers.add(owner.address(), undefined)
  await eventually(() => member.teams.view().count === owner.teams.view().count, 'healed', 20_000)
  expect(member.teams.view().stateHash).toBe(owner.teams.view().stateHash)
}, 60_000)
