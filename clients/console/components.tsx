import { render } from 'preact';
import { LocationProvider } from 'preact-iso';
import { Charts } from './components/Charts.js';
import { Controls } from './components/Controls.js';
import { Objects } from './components/Objects.js';
import { States } from './components/States.js';
import { Frame } from './ui/Frame.js';
import { Page } from './ui/Page.js';

/** Every component of the console in its states, without data of the service: for those who change one. */
const Components = () => (
  <LocationProvider>
    <Frame head={<b class="brand">Components</b>} isTest={false}>
      <Page name="Components">
        <States />
        <Controls />
        <Charts />
        <Objects />
      </Page>
    </Frame>
  </LocationProvider>
);

const root = document.getElementById('app');
if (root) render(<Components />, root);
