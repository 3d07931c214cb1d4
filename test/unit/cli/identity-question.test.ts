import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { main } from '../../../src/cli/main.ts'
import { openAdminDoor } from '../../helpers/admin-door.ts'
import { scriptTerminal, type TerminalScript } from '../../helpers/scripted-terminal.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function door(seed = 7) {
  const answer = () => [{ t: 'response', output: { peer: 'p', key: 'k', nkey: 'n', fingerprint: 'f' } }]
  const opened = await openAdminDoor({ seed, answer })
  cleanups.push(() => opened.stop())
  return opened
}

async function nodesId(node: string, script: TerminalScript, more: string[] = []) {
  const scripted = scriptTerminal(script)
  const status = await main(['nodes', 'id', '-o', 'name', '-n', node, ...more], scripted.terminal)
  const { config, out, error, left } = scripted
  return { status, out, error, left, config, environment: { AX_CONFIG_DIR: config } }
}

const knownIn = (config: string) => {
  try {
    return readFileSync(join(config, 'known_nodes'), 'utf8')
  } catch {
    return ''
  }
}

describe('an unknown node', () => {
  it('is asked about in the words of the seed, to the byte', async () => {
    const { address, peer } = await door()
    const { status, out, error, config } = await nodesId(address, { answers: ['yes'] })
    expect({ status, out }).toEqual({ status: 0, out: 'p\n' })
    const lines = error.split('\n')
    expect(lines[0]).toMatch(/^No local key pair found, generated one \("0[A-Za-z0-9+/]{43}="\) at location .*\/keys$/)
    expect(lines.slice(1).join('\n')).toBe(
      `The authenticity of host '${address}' can't be established.\nNode's ID is '${peer}'.\n` +
        'Are you sure you want to continue connecting (yes/no)? ',
    )
    expect(knownIn(config)).toMatch(new RegExp(`^127\\.0\\.0\\.1:\\d+ ${peer} \\d{4}-[\\dT:-]+Z\\n$`))
  })

  it('is not asked about again', async () => {
    const { address } = await door()
    const { environment } = await nodesId(address, { answers: ['yes'] })
    expect(await nodesId(address, { environment, answers: [] })).toMatchObject({ status: 0, error: '' })
    expect(await nodesId(address, { environment })).toMatchObject({ status: 0, error: '' })
  })

  it.each([
    ['no', ['no']],
    ['the end of input', [undefined]],
    ['nothing that fits, three times', ['y', 'YES', 'ok', 'yes']],
  ])('leaves no trace after %s', async (_, answers) => {
    const { address, requests } = await door()
    const { status, out, error, config } = await nodesId(address, { answers })
    expect({ status, out, known: knownIn(config), requests }).toEqual({ status: 5, out: '', known: '', requests: [] })
    expect(error).toContain('[ERR_CLI_NODE_DECLINED]')
  })

  it('is accepted by its PeerId', async () => {
    const { address, peer } = await door()
    expect(await nodesId(address, { answers: [peer] })).toMatchObject({ status: 0, left: [] })
  })

  it.each([
    ['without anybody to ask', {}, []],
    ['with --no-input', { answers: ['yes'] }, ['--no-input']],
    ['with AX_NO_INPUT', { answers: ['yes'], environment: { AX_NO_INPUT: '1' } }, []],
    ['with -y and nobody there', {}, ['-y', '--force']],
  ])('is refused %s', async (_, script: TerminalScript, more) => {
    const { address, peer, requests } = await door()
    const { status, error, config } = await nodesId(address, script, more)
    expect(status).toBe(5)
    expect(error).toContain('[ERR_ACCESS_NODE_UNKNOWN]')
    expect(error).toContain(`--node ${address}/p2p/${peer}, or: ax hosts verify ${address} ${peer}`)
    expect({ known: knownIn(config), requests }).toEqual({ known: '', requests: [] })
  })

  it('is recorded with --accept-new, and passes unrecorded with a pin', async () => {
    const { address, peer } = await door()
    expect(knownIn((await nodesId(address, {}, ['--accept-new'])).config)).toContain(peer)
    const pinned = await nodesId(`${address}/p2p/${peer}`, {})
    expect({ status: pinned.status, known: knownIn(pinned.config) }).toEqual({ status: 0, known: '' })
    expect(await nodesId(address, {}, ['--expect', peer])).toMatchObject({ status: 0 })
  })
})

describe('another identity than before', () => {
  it.each([[[]], [['--accept-new', '-y', '--force']]])('blocks, whatever the options: %j', async (more) => {
    const [old, now] = [await door(7), await door(8)]
    const { environment, config } = await nodesId(now.address, {}, ['--accept-new'])
    writeFileSync(join(config, 'known_nodes'), knownIn(config).replace(now.peer, old.peer))
    const before = now.requests.length
    const { status, error } = await nodesId(now.address, { environment, answers: ['yes'] }, more)
    expect(status).toBe(5)
    expect(error).toContain(`Known since ${new Date().toISOString().slice(0, 10)}: ${old.peer}\n`)
    expect(error).toContain(`Answering now:          ${now.peer}\n`)
    expect(error).toContain(`  ax hosts verify ${now.address} ${now.peer}\n`)
    expect(error).toContain('[ERR_ACCESS_NODE_CHANGED]')
    expect(now.requests).toHaveLength(before)
    expect(await nodesId(`${now.address}/p2p/${now.peer}`, { environment })).toMatchObject({ status: 5 })
  })

  it('carries both ids, file, line and the command in JSON', async () => {
    const [old, now] = [await door(7), await door(8)]
    const { environment, config } = await nodesId(now.address, {}, ['--accept-new'])
    writeFileSync(join(config, 'known_nodes'), `# mine\n${knownIn(config).replace(now.peer, old.peer)}`)
    const { out } = await nodesId(now.address, { environment }, ['--json'])
    expect(JSON.parse(out)).toMatchObject({
      code: 'ERR_ACCESS_NODE_CHANGED',
      data: {
        known: [old.peer],
        answering: now.peer,
        path: join(config, 'known_nodes'),
        line: 2,
        verify: `ax hosts verify ${now.address} ${now.peer}`,
      },
    })
  })
})

describe('several at once', () => {
  it('two commands that are the first make one key pair', async () => {
    const { address } = await door()
    const environment = { AX_CONFIG_DIR: mkdtempSync(join(tmpdir(), 'hyrax-first-')) }
    const runs = await Promise.all([1, 2, 3].map(() => nodesId(address, { environment }, ['--accept-new'])))
    expect(runs.map(({ status }) => status)).toEqual([0, 0, 0])
    expect(runs.filter(({ error }) => error.includes('No local key pair found'))).toHaveLength(1)
    expect(readdirSync(join(environment.AX_CONFIG_DIR, 'keys')).sort()).toEqual(['default.key', 'default.pub'])
    expect(knownIn(environment.AX_CONFIG_DIR).trim().split('\n')).toHaveLength(1)
  })

  it('two unknown nodes are asked about one after the other', async () => {
    const [one, two] = [await door(7), await door(8)]
    const scripted = scriptTerminal({ answers: ['yes', 'yes'] })
    await main(['nodes', 'ls', one.address, two.address], scripted.terminal)
    const asked = scripted.error.split('\n').filter((line) => /^(The auth|Node's|Are you)/.test(line))
    // No line ends between question and answer here: the echo of a terminal has it.
    expect(asked.map((line) => line.slice(0, 4))).toEqual(['The ', 'Node', 'Are ', 'Node', 'Are '])
    expect(scripted.left).toEqual([])
  })
})
