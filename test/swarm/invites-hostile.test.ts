import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../src/base/index.ts'
import { formatInviteLine, parseId, parseInviteLine } from '../../src/codec/index.ts'
import { generateInviteCode, inviteKeyOf, systemRandom } from '../../src/keys/index.ts'
import { inviteFrameMap, inviteProtocol, makeClaim, readInviteFrame, type InviteFrame } from '../../src/team/index.ts'
import { createInviteCast, join, type InviteCast, type InviteNode } from '../helpers/invite-nodes.ts'
import { codeOf } from '../helpers/swarm-nodes.ts'

let cast: InviteCast
beforeEach(async () => {
  cast = await createInviteCast()
})
afterEach(() => cast.stopAll())

describe('hostile joiners', () => {
  async function server(): Promise<{ server: InviteNode; joiner: InviteNode; code: string }> {
    const node = await cast.node('server')
    await cast.team(node)
    const { code } = await cast.invite(node, node)
    const joiner = await cast.node('joiner')
    await joiner.swarm.connect(node.address())
    return { server: node, joiner, code }
  }
  const open = (by: InviteNode, to: InviteNode) => by.swarm.open(to.peer, inviteProtocol, limits.inviteFrameBytesMax)
  const send = (stream: Awaited<ReturnType<typeof open>>, frame: InviteFrame) => stream.send(inviteFrameMap(frame))

  it('sec/I1 ten attempts a minute and source, then BUSY; a guess is a miss', async () => {
    const node = await cast.node('server', { sourceOf: () => 'one' })
    await cast.team(node)
    const { code } = await cast.invite(node, node)
    const joiner = await cast.node('joiner')
    const line = parseInviteLine(code)
    for (let tries = 0; tries < limits.inviteAttemptsPerMinuteMax; tries++) {
      const guess = formatInviteLine({ ...line, code: generateInviteCode(systemRandom) })
      expect(await codeOf(join(joiner, guess))).toBe('ERR_TEAM_UNKNOWN_INVITE')
    }
    expect(await codeOf(join(joiner, code))).toBe('ERR_TEAM_INVITE_BUSY')
  })

  it('silence and a slow hand are cut after ten seconds', { timeout: 30_000 }, async () => {
    const { server: node, joiner, code } = await server()
    const line = parseInviteLine(code)
    const { publicKey: key } = inviteKeyOf(cast.keys, line.code, line.team)
    const silent = await open(joiner, node)
    await send(silent, { t: 'ask', team: line.team, key })
    expect(await silent.read()).toMatchObject({ t: 'nonce' })
    // While it is held, a second stream of the same peer is told that there is no room.
    const second = await open(joiner, node)
    expect(await second.read()).toEqual({ t: 'refused', code: 'ERR_TEAM_INVITE_BUSY' })
    await expect(silent.read()).rejects.toBeDefined()
    expect(await join(joiner, code, 5_000)).toMatchObject({ role: 'user' })
  })

  it('garbage, oversize and frames out of turn are reset, and the node lives', async () => {
    const { server: node, joiner, code } = await server()
    const before = node.teams.view().stateHash
    const line = parseInviteLine(code)
    const garbage = [
      { t: 'ask' },
      { t: 'claim', claim: new Uint8Array(10), name: 'x' },
      { t: 'ask', team: line.team, key: new Uint8Array(31) },
      { t: 'ask', team: line.team, key: new Uint8Array(32), more: 1 },
      { t: 'ask', team: line.team, key: new Uint8Array(32), x: new Uint8Array(8_000) },
    ]
    for (const frame of garbage) {
      const stream = await open(joiner, node)
      await stream.send(frame).catch(() => undefined)
      const answer = await stream.read().catch(() => 'reset')
      expect(answer).toBe('reset')
    }
    const oversize = await joiner.swarm.open(node.peer, inviteProtocol, 65_536)
    await oversize.send({ t: 'ask', x: new Uint8Array(20_000) }).catch(() => undefined)
    expect(await oversize.read().catch(() => 'reset')).toBe('reset')
    expect(node.teams.view().stateHash).toBe(before)
    expect(await join(joiner, code)).toMatchObject({ role: 'user' })
  })

  it('a peer that names another team, or a key without the code, hears the same', async () => {
    const { server: node, joiner, code } = await server()
    const line = parseInviteLine(code)
    const asks = [
      { team: systemRandom.bytes(32), key: inviteKeyOf(cast.keys, line.code, line.team).publicKey },
      { team: line.team, key: systemRandom.bytes(32) },
    ]
    for (const ask of asks) {
      const stream = await open(joiner, node)
      await send(stream, { t: 'ask', ...ask })
      expect(await stream.read()).toEqual({ t: 'refused', code: 'ERR_TEAM_UNKNOWN_INVITE' })
      stream.abort()
    }
  })

  it('T51 sec/I3 a claim for another nonce, of another identity or without the code is invalid', async () => {
    const { server: node, joiner, code } = await server()
    const line = parseInviteLine(code)
    const inviteKey = inviteKeyOf(cast.keys, line.code, line.team)
    const { identity, teams } = joiner
    const ask = async () => {
      const stream = await open(joiner, node)
      await send(stream, { t: 'ask', team: line.team, key: inviteKey.publicKey })
      const asked = readInviteFrame('nonce', await stream.read())
      if ('code' in asked) throw new Error(asked.code)
      return { stream, asked }
    }
    const first = await ask()
    const fields = { team: line.team, invite: first.asked.invite, bundle: teams.device.bundle }
    const relayed = makeClaim({ ...fields, nonce: first.asked.nonce, inviteKey, identity })
    first.stream.abort()
    const stranger = cast.keys.generateIdentity(systemRandom)
    const forge = [
      () => relayed,
      (nonce: Uint8Array) => makeClaim({ ...fields, nonce, inviteKey, identity: stranger }),
      (nonce: Uint8Array) => makeClaim({ ...fields, nonce, inviteKey: stranger, identity }),
      (nonce: Uint8Array) => makeClaim({ ...fields, team: systemRandom.bytes(32), nonce, inviteKey, identity }),
    ]
    for (const make of forge) {
      const { stream, asked } = await ask()
      await send(stream, { t: 'claim', claim: make(asked.nonce).bytes, name: 'x' })
      expect(await stream.read()).toEqual({ t: 'refused', code: 'ERR_TEAM_INVITE_CLAIM_INVALID' })
      stream.abort()
    }
    expect(node.teams.view().members).toHaveLength(1)
    expect(parseId('team', node.teams.view().id)).toEqual(line.team)
  })
})
