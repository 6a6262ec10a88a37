import { deliverySuite } from "./delivery-suite.fixture.js";

deliverySuite("rabbitmq");
