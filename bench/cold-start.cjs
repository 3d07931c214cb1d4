'use strict'
/** `ax settings get` over port 4458, cold process, against a cold `ssh localhost true`: aim 0.40 on Node.js 22 and later. */
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { createPerson } = require('../scripts/story/ax.cjs')
const { createCrew, freePorts, until } = require('../scripts/story/crew.cjs')
const { makeSwarmKey, startNode } = require('../scripts/story/swarm.cjs')
const { interleave, nodesAtHand, root, table, time, versionOf, writeResults } = require('./measure.cjs')

const rounds = 21
const sshd = '/usr/sbin/sshd'

async function main() {
  if (!fs.existsSync(sshd)) return console.log('skipped: no sshd here (Debian: openssh-server)')
  const crew = createCrew()
  try {
    const ssh = await startSsh(crew)
    const person = createPerson('bench', path.join(crew.directory, 'ax'))
    const node = await startNode(crew, person, { name: 'node', keyFile: await makeSwarmKey(crew, person, 'swarm.key') })
    await person.must('settings', 'get', '.', '--node', node.admin, '--accept-new')
    const rows = []
    for (const binary of nodesAtHand()) rows.push(await measure(binary, person, node, ssh))
    const heads = ['Node.js', '`node -e 0`', '`ax --help`', '`ax settings get`', '`ssh localhost true`', 'ax / ssh']
    writeResults('Cold start of ax', table(heads, rows))
  } finally {
    await crew.disband()
  }
}

async function measure(binary, person, node, ssh) {
  const ax = path.join(root, 'bin', 'ax.cjs')
  const times = await interleave(rounds, {
    empty: () => time(binary, ['-e', '0']),
    help: () => time(binary, [ax, '--help'], person.env),
    get: () => time(binary, [ax, 'settings', 'get', '.', '--node', node.admin], person.env),
    ssh: () => time('ssh', ssh),
  })
  const ms = (value) => `${value.toFixed(0)} ms`
  const ratio = (times.get / times.ssh).toFixed(2)
  return [versionOf(binary), ms(times.empty), ms(times.help), ms(times.get), ms(times.ssh), ratio]
}

/** An sshd of our own on a free port of loopback; the arguments of a client that it lets in. */
async function startSsh(crew) {
  const home = path.join(crew.directory, 'ssh')
  fs.mkdirSync(home, { mode: 0o700 })
  const file = (name) => path.join(home, name)
  for (const name of ['host', 'user']) {
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)])
  }
  fs.copyFileSync(file('user.pub'), file('authorized'))
  fs.mkdirSync('/run/sshd', { recursive: true })
  const [port] = await freePorts(1)
  const options = ['StrictModes=no', 'UsePAM=no', `AuthorizedKeysFile=${file('authorized')}`, 'ListenAddress=127.0.0.1']
  const words = options.flatMap((option) => ['-o', option])
  crew.start(sshd, ['-D', '-e', '-f', '/dev/null', '-p', String(port), '-h', file('host'), ...words])
  const trust = ['StrictHostKeyChecking=accept-new', `UserKnownHostsFile=${file('known')}`, 'BatchMode=yes']
  const client = [
    '-F',
    '/dev/null',
    '-i',
    file('user'),
    '-p',
    String(port),
    ...trust.flatMap((option) => ['-o', option]),
  ]
  const words2 = [...client, `${os.userInfo().username}@localhost`, 'true']
  await until('sshd answers', 10, () => time('ssh', words2).catch(() => undefined))
  return words2
}

main().catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
