import { Compass } from 'lucide-react';
import { useNavigate } from 'react-router';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/states.tsx';

/** For an address that leads nowhere. */
export function NotFoundPage() {
  const navigate = useNavigate();
  return (
    <>
      <title>Not found · Millrace</title>
      <EmptyState
        icon={<Compass size={24} />}
        heading="h1"
        title="There is no page at this address"
        actions={
          <Button look="filled" onClick={() => void navigate('/flows')}>
            Go to the flows
          </Button>
        }
      >
        <code>{location.pathname}</code> may have been renamed or deleted, or the address was not copied whole.
      </EmptyState>
    </>
  );
}
