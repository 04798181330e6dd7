"""Rows do not depend on the number of cores."""

from threadpoolctl import threadpool_info

from featser.features import on_one_thread


def test_matrix_products_run_on_one_thread_and_get_theirs_back() -> None:
    before = threadpool_info()
    with on_one_thread():
        during = threadpool_info()
    blas = [each["num_threads"] for each in during if each["user_api"] == "blas"]
    assert blas
    assert set(blas) == {1}
    assert threadpool_info() == before
