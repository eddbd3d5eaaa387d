import Testing
import Workbench

@Suite struct MachineTests {
  private func machine(_ change: (inout Machine) -> Void = { _ in }) -> Machine {
    var machine = Machine()
    (machine.vectorBits, machine.processorVectorBits) = (256, 256)
    change(&machine)
    return machine
  }

  private func note(_ name: String, of machine: Machine) -> String {
    machine.findings.first { $0.name == name }?.note ?? ""
  }

  @Test func whatDecidesTheBitsComesFirst() {
    let affects = machine().findings.map(\.affectsBits)
    #expect(affects == affects.sorted { $0 && !$1 })
    let names = machine().findings.filter(\.affectsBits).map(\.name)
    #expect(names == ["multiply-add", "compiler", "system"])
  }

  @Test func whatIsOddIsSaid() {
    #expect(note("vector width", of: machine()).contains("as wide as"))
    #expect(note("vector width", of: machine { $0.vectorBits = 128 }).contains("has 256"))
    let plain = machine { $0.fusesMultiplyAdd = false }
    #expect(note("multiply-add", of: plain).contains("make build"))
  }

  @Test func thisMachineIsKnown() async {
    let found = await Machine.gathered()
    #expect(found.processors >= 1)
    #expect([128, 256, 512].contains(found.vectorBits))
    #expect(found.vectorBits <= found.processorVectorBits)
  }
}
