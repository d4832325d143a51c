import { useMe } from '../session.ts';
import { Chip } from '../ui/chip.tsx';
import styles from './environment.module.css';

/** Which environment this is, as a chip with its word; it stands on every screen. */
export function EnvironmentChip() {
  const { demo } = useMe();
  return demo ? (
    <Chip
      look="info"
      icon={<span className={styles.dot} aria-hidden="true" />}
      title="Demo environment: the orders and the four systems are made up"
    >
      Demo
    </Chip>
  ) : (
    <Chip icon={<span className={styles.ring} aria-hidden="true" />} title="This machine">
      Local
    </Chip>
  );
}
