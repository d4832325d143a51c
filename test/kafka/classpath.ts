import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const pom = fileURLToPath(new URL('./pom.xml', import.meta.url));
const cache = fileURLToPath(new URL('../../.kafka/', import.meta.url));

/** True when a Java of at least version 17 is on the path. */
export function hasJava(): boolean {
  const { stderr, error } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (error) return false;
  const version = /version "(\d+)/.exec(stderr)?.[1];
  return version !== undefined && Number(version) >= 17;
}

/** True when a command can be started. */
export function hasCommand(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/**
 * Classpath with Apache Kafka's broker and tools, for `java -cp`: the jars of KAFKA_HOME when it is set, else the jars
 * that Maven brings, kept in `.kafka/` at the project's root. Rejects with a sentence that says what to install.
 */
export async function kafkaClasspath(): Promise<string> {
  const home = process.env.KAFKA_HOME;
  if (home) {
    const libs = join(home, 'libs');
    if (!existsSync(libs)) throw new Error(`KAFKA_HOME is ${home}, but there is no folder "libs" in it.`);
    return join(libs, '*');
  }
  const key = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const libs = join(cache, `libs-${key}`);
  if (existsSync(libs)) return join(libs, '*');
  if (!hasCommand('mvn')) throw new Error('Apache Kafka is not here: install Maven, or unpack Kafka 4 and set KAFKA_HOME to its folder.');
  const partial = `${libs}.${process.pid}.partial`;
  mkdirSync(partial, { recursive: true });
  try {
    const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
    await run('mvn', args, { maxBuffer: 16 * 1024 * 1024 });
    if (!readdirSync(partial).some((name) => name.startsWith('kafka_'))) throw new Error('Maven brought no Kafka jars.');
    if (!existsSync(libs)) renameSync(partial, libs);
  } catch (error) {
    throw new Error(`Maven could not bring Apache Kafka: ${String((error as { stdout?: string }).stdout || error).slice(0, 600)}`, {
      cause: error,
    });
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return join(libs, '*');
}
