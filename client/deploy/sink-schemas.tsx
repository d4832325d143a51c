import { Link } from 'react-router';
import { StatusIcon } from '../ui/status.tsx';
import { Section } from './deploy-plan.tsx';
import styles from './sink-schemas.module.css';
import { type SinkSchemas, schemaWords } from './use-sink-schemas.ts';

/** All sinks in one card. */
export function SchemaTile({ schemas }: { schemas: SinkSchemas }) {
  const { level, title, detail } = schemaWords(schemas);
  return (
    <div className={styles.tile}>
      <StatusIcon level={level} size={20} />
      <div className={styles.words}>
        <div className={styles.title}>{title}</div>
        <div className={styles.detail}>{detail}</div>
      </div>
    </div>
  );
}

/** Each sink with its verdict. */
export function SchemaSection({ flow, schemas }: { flow: string; schemas: SinkSchemas }) {
  if (schemas === undefined || schemas.length === 0) return null;
  return (
    <Section title="Sink schemas" aside="what is made against what the sink wants">
      <ul>
        {schemas.map(({ node, label, level, sentence }) => (
          <li key={node} className={styles.line}>
            <StatusIcon level={level} />
            <Link to={`/flows/${encodeURIComponent(flow)}?node=${encodeURIComponent(node)}`} className={styles.link}>
              {label}
            </Link>
            <span className={styles.detail}>{sentence}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
