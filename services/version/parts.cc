// Linked with the libraries of roomkeeperd, so that their packages are known before it is linked.
int main() {
  return 0;
}
