import { Lock } from 'lucide-react';
import { type Environment, environmentWords } from '#shared/gate.ts';
import { useMe } from '../session.ts';
import { Chip } from '../ui/chip.tsx';
import styles from './environment.module.css';

const titles: Record<Environment, string> = {
  development: 'Development environment: a deploy needs a flow without errors',
  test: 'Test environment: a deploy needs tests that pass',
  production: 'Production: what is deployed here works with real data',
};

/** Which environment this is, as a chip with its word; it stands on every screen. */
export function EnvironmentChip() {
  const { demo, environment } = useMe();
  if (environment === 'production') {
    return (
      <span className={styles.production} title={titles.production}>
        <Lock size={12} aria-hidden="true" />
        {environmentWords.production}
      </span>
    );
  }
  return demo && environment === 'development' ? (
    <Chip
      look="info"
      icon={<span className={styles.dot} aria-hidden="true" />}
      title="Demo environment: the orders and the four systems are made up"
    >
      Demo
    </Chip>
  ) : (
    <Chip icon={<span className={styles.ring} aria-hidden="true" />} title={titles[environment]}>
      {environmentWords[environment]}
    </Chip>
  );
}

/** The line across the top that production has on every screen; of other environments nothing. */
export function EnvironmentFrame() {
  const { environment } = useMe();
  return environment === 'production' ? <div className={styles.frame} data-environment="production" aria-hidden="true" /> : null;
}
