'use strict'
/** Processes, directories and ports that end with us, whatever ends us. */
const { spawn } = require('node:child_process')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')

/** What a child sees: our environment without what slows Node.js down, and without the user's own ax. */
function cleanEnvironment(extra = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(NODE_|AX_|DUMP_SESSION_KEYS|npm_)/.test(name))
  return { ...Object.fromEntries(kept), ...extra }
}

/** Owns processes and one directory; `disband` ends and removes them all, last started first. */
function createCrew() {
  const members = new Set()
  const closers = []
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hyrax-'))
  process.once('exit', () => {
    for (const child of members) child.kill('SIGKILL')
    fs.rmSync(directory, { recursive: true, force: true })
  })
  return {
    directory,
    /** Starts a process whose output is kept in `child.output`. */
    start(command, args, env = {}) {
      // A group of its own: Ctrl-C reaches us alone, and we stop the others in order.
      const stdio = ['ignore', 'pipe', 'pipe']
      const child = spawn(command, args, {
        env: cleanEnvironment({ XDG_CACHE_HOME: path.join(directory, 'cache'), ...env }),
        stdio,
        detached: true,
      })
      members.add(child)
      child.output = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text) => (child.output = (child.output + text).slice(-65_536)))
      }
      child.ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
      void child.ended.then(() => members.delete(child))
      return child
    },
    /** Something else that must be closed. */
    own(thing, close) {
      closers.push(() => close(thing))
      return thing
    },
    async disband() {
      for (const close of closers.reverse()) await close()
      await Promise.all([...members].reverse().map((child) => stop(child)))
      fs.rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Asks a process to stop, and ends it after five seconds. */
async function stop(child) {
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await child.ended
  clearTimeout(late)
}

/** Ports of loopback that nobody listens on now. */
async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)))
  const ports = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** True where nobody listens on this port of loopback. */
async function isFree(port) {
  try {
    const server = await listen(port)
    await new Promise((resolve) => server.close(resolve))
    return true
  } catch {
    return false
  }
}

function listen(port) {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks until the answer is truthy, and returns it; throws with `what` after `seconds`. */
async function until(what, seconds, ask) {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > end) throw new Error(`after ${seconds} s still not: ${what}`)
    await pause(100)
  }
}

module.exports = { cleanEnvironment, createCrew, freePorts, isFree, pause, stop, until }
