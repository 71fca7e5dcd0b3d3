import { mountPage } from '../components/page.tsx';
import { readBatchState } from '../host/snapshot.ts';
import { BatchPage } from './batch-page.tsx';
import './batch.css';

mountPage({ readState: readBatchState, Content: BatchPage });
