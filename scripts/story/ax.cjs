'use strict'
/** Runs `ax` as a person of the story: a name and a configuration directory of their own. */
const { spawn } = require('node:child_process')
const path = require('node:path')
const { cleanEnvironment } = require('./crew.cjs')

const program = path.join(__dirname, '..', '..', 'bin', 'ax.cjs')

/**
 * @param {string} name who types
 * @param {string} configDirectory where their keys and known nodes are
 * @param {(line: string) => void} tell is given every command as it is typed
 */
function createPerson(name, configDirectory, tell = () => {}) {
  const cache = path.join(path.dirname(configDirectory), 'cache')
  const env = { AX_CONFIG_DIR: configDirectory, NO_COLOR: '1', XDG_CACHE_HOME: cache }
  const person = {
    name,
    env,
    /** Types a command; returns its exit status and what it printed. */
    ax: (...args) => {
      tell(`${name}$ ax ${args.map(quote).join(' ')}`)
      return run(process.execPath, [program, ...args], env)
    },
    /** The same without telling it: for asking again and again. */
    ask: (...args) => run(process.execPath, [program, ...args], env),
    /** Types a command that must succeed, and returns its stdout. */
    must: async (...args) => need(args, await person.ax(...args)).stdout,
    /** Asks with `--json` and returns the result. */
    json: async (...args) => JSON.parse(need(args, await person.ask(...args, '--json')).stdout).result,
    /** Starts a command that goes on; what it prints is in `output` of the process. */
    follow: (crew, ...args) => {
      tell(`${name}$ ax ${args.map(quote).join(' ')} &`)
      return crew.start(process.execPath, [program, ...args], env)
    },
    /** Types a command at a terminal and answers its questions, in this order. */
    talk: (args, answers) => {
      tell(`${name}$ ax ${args.map(quote).join(' ')}`)
      return talk(args, answers, env)
    },
  }
  return person
}

function need(args, done) {
  if (done.status === 0) return done
  throw new Error(`ax ${args.join(' ')} ended with ${done.status}: ${(done.stderr + done.stdout).trim()}`)
}

function run(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: cleanEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] })
    const printed = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text) => (printed.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (printed.stderr += text))
    child.once('close', (status) => resolve({ status, ...printed }))
  })
}

/** Runs ax in a pseudo-terminal made by script(1), and types each answer when its question stands on the screen. */
function talk(args, answers, env) {
  const line = [process.execPath, program, ...args].map(quote).join(' ')
  return new Promise((resolve) => {
    const child = spawn('script', ['-qec', line, '/dev/null'], { env: cleanEnvironment({ ...env, TERM: 'xterm' }) })
    const waiting = [...answers]
    let screen = ''
    const look = (text) => {
      screen += text
      const [question, answer] = waiting[0] ?? []
      if (question === undefined || !screen.includes(question)) return
      waiting.shift()
      child.stdin.write(`${answer}\r`)
    }
    child.stdout.setEncoding('utf8').on('data', look)
    child.once('error', (error) => resolve({ status: 127, screen: error.message }))
    child.once('close', (status) => resolve({ status, screen: screen.replaceAll('\r', '') }))
  })
}

/** A word as a shell takes it. */
function quote(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

module.exports = { createPerson, quote }
