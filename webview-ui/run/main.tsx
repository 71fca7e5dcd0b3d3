import { mountPage } from '../components/page.tsx';
import { readRunState } from '../host/snapshot.ts';
import { RunPage } from './run-page.tsx';
import './run.css';

mountPage({ readState: readRunState, Content: RunPage });
