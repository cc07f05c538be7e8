/** Linux 5.10, where file_open and bprm_check_security can't sleep. */
import { before, bpfLsm, kernelTest } from "../kernel/needs";
import { Place, Service } from "./service";

kernelTest("the service reports what this kernel does not support, and ends", [bpfLsm, before("5.11")], async () => {
  const place = new Place();
  place.configure();
  const service = Service.spawn(place);
  expect(await service.ended()).toBe(3);
  const [line] = service.log;
  for (const hook of ["exec", "open", "connect"]) expect(line?.msg).toContain(`${hook}: `);
  expect(line?.msg).toContain("Linux 5.11");
  place.remove();
});
