import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const examples = join(import.meta.dirname, '..', '..', 'examples')

const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')))

describe('the examples, against the built library', () => {
  it('two-nodes: a swarm of two in one process, and a client', async () => {
    const { stdout } = await run(process.execPath, [join(examples, 'two-nodes.mjs')], { env })
    expect(stdout).toMatch(/^12D3KooW\w+ has welcomed 12D3KooW\w+\n$/)
  })

  it('client: a node that does not run is named, with its code and exit status', async () => {
    const failed = run(process.execPath, [join(examples, 'client.mjs'), '/ip4/127.0.0.1/tcp/1'], { env })
    await expect(failed).rejects.toMatchObject({ code: 6, stderr: expect.stringContaining('ERR_NODE_UNREACHABLE') })
  })

  it('law: a removal and what was done beside it, in any order', async () => {
    const { stdout } = await run(process.execPath, [join(examples, 'law.mjs')], { env })
    const [team, ...lines] = stdout.trimEnd().split('\n')
    expect(team).toMatch(/^team_b[a-z2-7]+ owner, user$/)
    expect(lines.map((line) => line.trimEnd())).toEqual([
      'RemoveDevice effective',
      'AddDevice void ERR_TEAM_VOIDED by the removal',
      'CloseTeam refused ERR_TEAM_NO_PERMISSION',
      'the same in any order',
    ])
  })

  it('has a test for each', () => {
    expect(readdirSync(examples).sort()).toEqual(['client.mjs', 'law.mjs', 'two-nodes.mjs'])
  })
})
